using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Onnx;

namespace Microsoft.ML.PcDarts.Scoring;

/// <summary>
/// The output of ML.NET's ONNX transformer, computed in batches: a cursor that is asked for the features reads some rows ahead. Schema,
/// order of rows, row ids and values are those of the transformer's own view, which also makes every cursor for which reading ahead is not
/// possible.
/// </summary>
/// <param name="source">Data with the pixels.</param>
/// <param name="onnx">ML.NET's transformer from the pixels to the features.</param>
/// <param name="pixels">Name of its input.</param>
/// <param name="features">Name of its output.</param>
/// <param name="session">Gives the session to use, open.</param>
internal sealed class BatchedFeatures(IDataView source, OnnxTransformer onnx, string pixels, string features,
    Func<ScoringSession> session) : IDataView
{
    private readonly IDataView _rowByRow = onnx.Transform(source);

    public bool CanShuffle => _rowByRow.CanShuffle;

    public DataViewSchema Schema => _rowByRow.Schema;

    public long? GetRowCount() => _rowByRow.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] columns = [.. columnsNeeded];
        if (!CanReadAhead(columns))
            return _rowByRow.GetRowCursor(columns, rand);
        DataViewSchema.Column output = Schema[features], input = source.Schema[pixels];
        DataViewSchema.Column[] kept = [.. columns.Where(column => column.Index != output.Index).DistinctBy(column => column.Index)];
        DataViewRowCursor rows = source.GetRowCursor([.. kept.Select(column => source.Schema[column.Index]).Append(input)], rand);
        return new ReadAheadCursor(Schema, rows, kept, input, output, session());
    }

    // Batches are scored on several threads behind one cursor already.
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        DataViewSchema.Column[] columns = [.. columnsNeeded];
        return CanReadAhead(columns) ? [GetRowCursor(columns, rand)] : _rowByRow.GetRowCursorSet(columns, n, rand);
    }

    // Values of these types can be kept while the source moves on, as ML.NET itself does in its caches and its parallel cursors. Pictures
    // and other objects cannot: who disposes them depends on the moment they are read.
    private bool CanReadAhead(DataViewSchema.Column[] columns) =>
        columns.Any(column => column.Index == Schema[features].Index)
        && columns.All(column => column.Type is PrimitiveDataViewType or VectorDataViewType);
}
