namespace Microsoft.ML.PcDarts.Scoring;

/// <summary>
/// Finds the number of pictures that a network runs fastest together, from the times of the batches that are scored anyway: 1, 2, 4 … up to
/// 64, each some times, until a larger batch no longer gains. Safe from several threads.
/// </summary>
/// <param name="given">The size to use without measuring, or null.</param>
internal sealed class BatchSizeTuner(int? given = null)
{
    /// <summary>The largest size that is tried.</summary>
    public const int Maximum = 64;

    // After the first batch of a size, which allocates, the mean over at least so many pictures and batches. Not the least time: beside
    // other work on the machine a short batch can slip through undisturbed where a long one cannot, and would look faster than it is on the
    // whole.
    private const int Pictures = 96;
    private const int Batches = 3;

    // A size is taken over a smaller one only for a gain above noise; the search ends once a size is clearly worse.
    private const double Gain = 0.98;
    private const double Loss = 1.15;

    // Larger batches have nothing left to save once one takes this long, and their activations take memory.
    private static readonly TimeSpan LongBatch = TimeSpan.FromMilliseconds(40);

    private readonly Lock _gate = new();
    private int _candidate = 1;
    private int _batches = -1;
    private double _seconds;
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
            if (++_batches > 0)
                _seconds += time.TotalSeconds;
            if (_batches >= Batches && _batches * size >= Pictures)
                Advance(_seconds / (_batches * size));
        }
    }

    private void Advance(double secondsAPicture)
    {
        if (secondsAPicture < Gain * _bestTime)
            (_best, _bestTime) = (_candidate, secondsAPicture);
        if (_candidate == Maximum || secondsAPicture > Loss * _bestTime || secondsAPicture * _candidate > LongBatch.TotalSeconds)
            _chosen = _best;
        (_candidate, _batches, _seconds) = (2 * _candidate, -1, 0);
    }
}
