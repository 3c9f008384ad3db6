using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.PcDarts.Scoring;

/// <summary>
/// A cursor whose features are computed in batches on the thread pool. It reads its source on the thread that moves it, some rows ahead,
/// and keeps their values; row by row it looks like any other cursor. Errors of a row come when that row is reached, or its value is asked
/// for.
/// </summary>
internal sealed class ReadAheadCursor : DataViewRowCursor
{
    private readonly DataViewSchema _schema;
    private readonly DataViewRowCursor _source;
    private readonly DataViewSchema.Column _features;
    private readonly ScoringSession _session;
    private readonly Dictionary<int, ReadAheadColumn> _columns;
    private readonly ReadAheadColumn[] _read;
    private readonly ValueGetter<DataViewRowId> _getId;
    private readonly ValueGetter<VBuffer<byte>> _getPixels;
    private readonly Queue<ReadAheadBatch> _ready = [];
    private readonly Stack<ReadAheadBatch> _free;
    private VBuffer<byte> _pixels;
    private ReadAheadBatch? _current;
    private int _row;
    private long _position = -1;
    private int _largest = 1;
    private bool _sourceEnded;
    private ExceptionDispatchInfo? _sourceError;

    /// <param name="schema">Schema of the rows given out: the source's columns, then the features.</param>
    /// <param name="source">The rows; owned.</param>
    /// <param name="kept">The active columns but the features.</param>
    /// <param name="pixels">The source's column with the network's bytes.</param>
    /// <param name="features">The column that is computed.</param>
    /// <param name="session">Computes it; not owned.</param>
    public ReadAheadCursor(DataViewSchema schema, DataViewRowCursor source, IReadOnlyList<DataViewSchema.Column> kept,
        DataViewSchema.Column pixels,
        DataViewSchema.Column features, ScoringSession session)
    {
        _schema = schema;
        _source = source;
        _features = features;
        _session = session;
        // One is read from, one waits to be computed for each that is.
        int batches = 1 + 2 * session.Threads, rows = session.BatchSize.Largest;
        _columns = kept.ToDictionary(column => column.Index,
            column => ReadAheadColumn.Create(source, source.Schema[column.Index], batches * rows));
        _read = [.. _columns.Values];
        _free = new Stack<ReadAheadBatch>(Enumerable.Range(0, batches).Select(batch => new ReadAheadBatch(batch * rows, rows)));
        _getId = source.GetIdGetter();
        _getPixels = source.GetGetter<VBuffer<byte>>(pixels);
    }

    public override DataViewSchema Schema => _schema;

    public override long Position => _position;

    public override long Batch => _current?.Batches[_row] ?? 0;

    public override bool IsColumnActive(DataViewSchema.Column column)
        => column.Index == _features.Index || _columns.ContainsKey(column.Index);

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref id) => id = Current.Ids[_row];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Delegate getter = column.Index == _features.Index ? (ValueGetter<VBuffer<float>>)GetFeatures
            : _columns.TryGetValue(column.Index, out ReadAheadColumn? kept) ? kept.Getter(() => Current.FirstSlot + _row)
            : throw new ArgumentException($"Column '{column.Name}' is not active in this cursor.", nameof(column));
        return getter as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{column.Name}' is of type {column.Type}; {typeof(TValue)} was asked for.");
    }

    public override bool MoveNext()
    {
        if (_current is not null && ++_row < _current.Count)
        {
            _position++;
            return true;
        }
        if (_current is not null)
        {
            _current.Wait();
            _free.Push(_current);
            _current = null;
        }
        ReadAhead();
        if (!_ready.TryDequeue(out _current))
        {
            _position = -1;
            _sourceError?.Throw();
            return false;
        }
        _row = 0;
        _position++;
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // No batch may still run when the session's owner closes it.
            foreach (ReadAheadBatch batch in _ready)
                batch.Wait();
            _current?.Wait();
            _current = null;
            _ready.Clear();
            _sourceEnded = true;
            _source.Dispose();
        }
        base.Dispose(disposing);
    }

    private ReadAheadBatch Current => _current ?? throw new InvalidOperationException("The cursor is not on a row; call MoveNext first.");

    private void ReadAhead()
    {
        while (!_sourceEnded && _free.TryPop(out ReadAheadBatch? batch))
        {
            // The first batches are small: who looks at a few rows only does not wait for many.
            Read(batch, Math.Min(_session.BatchSize.Next, _largest));
            _largest = Math.Min(2 * _largest, _session.BatchSize.Largest);
            if (batch.Count == 0)
                return;
            batch.Start(_session);
            _ready.Enqueue(batch);
        }
    }

    private void Read(ReadAheadBatch batch, int rows)
    {
        batch.Clear();
        while (batch.Count < rows && MoveSource())
        {
            int slot = batch.FirstSlot + batch.Count;
            foreach (ReadAheadColumn column in _read)
                column.Read(slot);
            _getId(ref batch.Ids[batch.Count]);
            batch.Batches[batch.Count] = _source.Batch;
            Span<byte> destination = batch.Add(_session.InputLength);
            try
            {
                _getPixels(ref _pixels);
                if (_pixels.Length != destination.Length)
                    throw new InvalidOperationException($"A picture gave {_pixels.Length} values; the network takes {destination.Length}.");
                _pixels.CopyTo(destination);
            }
            catch (Exception error)
            {
                batch.Errors[batch.Count - 1] = ExceptionDispatchInfo.Capture(error);
            }
        }
    }

    private bool MoveSource()
    {
        try
        {
            if (_source.MoveNext())
                return true;
        }
        catch (Exception error)
        {
            _sourceError = ExceptionDispatchInfo.Capture(error);
        }
        _sourceEnded = true;
        return false;
    }

    private void GetFeatures(ref VBuffer<float> value)
    {
        ReadAheadBatch batch = Current;
        batch.Errors[_row]?.Throw();
        ReadOnlySpan<float> features = batch.Results(_row, _session.OutputLength);
        VBufferEditor<float> editor = VBufferEditor.Create(ref value, features.Length);
        features.CopyTo(editor.Values);
        value = editor.Commit();
    }
}
