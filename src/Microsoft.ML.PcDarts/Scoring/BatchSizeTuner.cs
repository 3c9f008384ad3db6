namespace Microsoft.ML.PcDarts;

/// <summary>
/// Finds the number of pictures that a network runs fastest together, from the times of the batches that are scored anyway: 1, 2, 4 … up to 64,
/// each some times, until a larger batch no longer gains. Safe from several threads.
/// </summary>
/// <param name="given">The size to use without measuring, or null.</param>
internal sealed class BatchSizeTuner(int? given = null)
{
    /// <summary>The largest size that is tried.</summary>
    public const int Maximum = 64;

    // The least of several times: the first run at a size allocates, and other work on the machine only ever adds.
    private const int Samples = 4;

    // A size is taken over a smaller one only for a gain above noise; the search ends once a size is clearly worse.
    private const double Gain = 0.98;
    private const double Loss = 1.15;

    // Larger batches have nothing left to save once one takes this long, and their activations take memory.
    private static readonly TimeSpan LongBatch = TimeSpan.FromMilliseconds(40);

    private readonly Lock _gate = new();
    private int _candidate = 1;
    private int _samples;
    private double _least = double.PositiveInfinity;
    private int _best = 1;
    private double _bestTime = double.PositiveInfinity;
    private int? _chosen = given;

    /// <summary>The size for the next batch.</summary>
    public int Next
    {
        get
        {
            lock (_gate)
                return _chosen ?? _candidate;
        }
    }

    /// <summary>The largest size that <see cref="Next"/> can become.</summary>
    public int Largest { get; } = given ?? Maximum;

    /// <summary>Whether measuring is over.</summary>
    public bool IsSettled
    {
        get
        {
            lock (_gate)
                return _chosen is not null;
        }
    }

    /// <summary>Tells how long a batch took.</summary>
    /// <param name="size">Its number of pictures; one that is not being tried is not counted.</param>
    /// <param name="time">Time of the network alone.</param>
    public void Report(int size, TimeSpan time)
    {
        lock (_gate)
        {
            if (_chosen is not null || size != _candidate)
                return;
            _least = Math.Min(_least, time.TotalSeconds / size);
            if (++_samples == Samples)
                Advance();
        }
    }

    private void Advance()
    {
        if (_least < Gain * _bestTime)
            (_best, _bestTime) = (_candidate, _least);
        if (_candidate == Maximum || _least > Loss * _bestTime || _least * _candidate > LongBatch.TotalSeconds)
            _chosen = _best;
        (_candidate, _samples, _least) = (2 * _candidate, 0, double.PositiveInfinity);
    }
}
