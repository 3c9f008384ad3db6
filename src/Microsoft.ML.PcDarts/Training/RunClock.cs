namespace Microsoft.ML.PcDarts.Training;

/// <summary>Time that a run has taken, earlier attempts included, and the rest of its budget.</summary>
/// <param name="time">Source of the time.</param>
/// <param name="budget">Time that the run may take; null for no limit.</param>
internal sealed class RunClock(TimeProvider time, TimeSpan? budget)
{
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _before;

    public TimeSpan Elapsed => _before + time.GetElapsedTime(_start);

    /// <summary>Seconds left of the budget, less a reserve for writing the model; null without a budget.</summary>
    public double? SecondsLeft => budget is { } whole
        ? Math.Max(0, whole.TotalSeconds - Math.Clamp(0.015 * whole.TotalSeconds, 0.3, 20) - Elapsed.TotalSeconds)
        : null;

    /// <summary>Adds the time of earlier attempts.</summary>
    public void Resume(TimeSpan before) => _before = before;
}
