using Microsoft.ML;
using Microsoft.ML.Data;

namespace PcDarts.Web.Models;

/// <summary>A row in which one picture column has a value, set from outside.</summary>
/// <param name="schema">The row's columns.</param>
/// <param name="column">The one that has a value.</param>
internal sealed class PictureRow(DataViewSchema schema, string column) : DataViewRow
{
    private readonly int _index = schema[column].Index;
    private long _position = -1;
    private MLImage? _picture;

    public override DataViewSchema Schema => schema;

    public override long Position => _position;

    public override long Batch => 0;

    /// <summary>Makes a picture the row's value. ML.NET's steps dispose it.</summary>
    public void Set(MLImage picture)
    {
        _picture = picture;
        _position++;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => column.Index == _index;

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
        (column.Index == _index ? (ValueGetter<MLImage?>)((ref MLImage? value) => value = _picture) : null) as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"The row has no value in column '{column.Name}'.");
}
