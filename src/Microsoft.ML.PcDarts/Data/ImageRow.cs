using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.PcDarts;

/// <summary>
/// A row of one MLImage column whose value is set from outside: it lets one decoded picture go through the stock transformers and still be looked at.
/// </summary>
internal sealed class ImageRow : DataViewRow
{
    private readonly DataViewSchema _schema;
    private long _position = -1;
    private MLImage? _image;

    public ImageRow(string column)
    {
        DataViewSchema.Builder builder = new();
        builder.AddColumn(column, new ImageDataViewType());
        _schema = builder.ToSchema();
    }

    public override DataViewSchema Schema => _schema;

    public override long Position => _position;

    public override long Batch => 0;

    /// <summary>Makes <paramref name="image"/> the row's value; the row does not own it.</summary>
    public void Set(MLImage image)
    {
        _image = image;
        _position++;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => true;

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        => (ValueGetter<MLImage?>)((ref MLImage? image) => image = _image) as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"The image row has no value of type {typeof(TValue)}.");
}
