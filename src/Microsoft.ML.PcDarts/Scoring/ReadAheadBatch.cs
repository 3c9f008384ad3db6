using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.PcDarts.Scoring;

/// <summary>Rows that a <see cref="ReadAheadCursor"/> has read and scores together; used again for later rows.</summary>
/// <param name="firstSlot">Where the rows' values lie in each <see cref="ReadAheadColumn"/>.</param>
/// <param name="capacity">Most rows it can hold.</param>
internal sealed class ReadAheadBatch(int firstSlot, int capacity)
{
    private byte[] _pixels = [];
    private float[] _results = [];
    private Task _scoring = Task.CompletedTask;

    public int FirstSlot => firstSlot;

    public int Count { get; private set; }

    public DataViewRowId[] Ids { get; } = new DataViewRowId[capacity];

    /// <summary>The source's batch number of each row.</summary>
    public long[] Batches { get; } = new long[capacity];

    /// <summary>The exception thrown when a row's pixels were read.</summary>
    public ExceptionDispatchInfo?[] Errors { get; } = new ExceptionDispatchInfo?[capacity];

    public void Clear() => Count = 0;

    /// <summary>Adds a row and gives the room for its pixels.</summary>
    public Span<byte> Add(int length)
    {
        Errors[Count] = null;
        int end = ++Count * length;
        // Batches are as large as the network likes them, often far below the capacity.
        if (_pixels.Length < end)
            Array.Resize(ref _pixels, Math.Max(end, Math.Min(2 * _pixels.Length, capacity * length)));
        return _pixels.AsSpan(end - length, length);
    }

    /// <summary>Begins to score the rows.</summary>
    public void Start(ScoringSession session)
    {
        if (_results.Length < Count * session.OutputLength)
            _results = new float[Count * session.OutputLength];
        _scoring = Task.Run(() => session.Run(_pixels, _results, Count));
    }

    /// <summary>The output of a row, once there is one.</summary>
    public ReadOnlySpan<float> Results(int row, int length)
    {
        _scoring.GetAwaiter().GetResult();
        return _results.AsSpan(row * length, length);
    }

    /// <summary>Waits until the buffers are no longer used, whether or not the scoring succeeded.</summary>
    public void Wait()
    {
        try
        {
            _scoring.Wait();
        }
        catch (AggregateException)
        {
            // Whoever asks for the results is told.
        }
    }
}
