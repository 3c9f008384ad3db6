using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.PcDarts.MlNet;

/// <summary>
/// A row in which one MLImage column has a value, which is set from outside: it lets one decoded picture go through the stock transformers
/// and still be looked at.
/// </summary>
/// <param name="schema">The row's columns.</param>
/// <param name="column">The one that has a value.</param>
internal sealed class ImageRow(DataViewSchema schema, string column) : DataViewRow
{
    private readonly int _index = schema[column].Index;
    private long _position = -1;
    private MLImage? _image;

    public override DataViewSchema Schema => schema;

    public override long Position => _position;

    public override long Batch => 0;

    /// <summary>Makes <paramref name="image"/> the row's value; the row does not own it.</summary>
    public void Set(MLImage image)
    {
        _image = image;
        _position++;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => column.Index == _index;

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        => (column.Index == _index ? (ValueGetter<MLImage?>)((ref MLImage? image) => image = _image) : null) as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"The image row has no value of type {typeof(TValue)} in column '{column.Name}'.");

    /// <summary>The schema of a row that has an image and nothing else.</summary>
    public static DataViewSchema SchemaOf(string column)
    {
        DataViewSchema.Builder builder = new();
        builder.AddColumn(column, new ImageDataViewType());
        return builder.ToSchema();
    }
}
