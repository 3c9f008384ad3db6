namespace Microsoft.ML.PcDarts.Runs;

/// <summary>
/// Keeps the time spent on something repeated to one fiftieth: after each run it is due again once fifty times its duration has passed.
/// </summary>
internal sealed class ReportPace(TimeProvider? time = null)
{
    private const int Share = 50;
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private long _end;
    private TimeSpan _wait = TimeSpan.Zero;

    public void RunIfDue(Action action)
    {
        if (_time.GetElapsedTime(_end) < _wait)
            return;
        long start = _time.GetTimestamp();
        action();
        _end = _time.GetTimestamp();
        _wait = Share * _time.GetElapsedTime(start, _end);
    }
}
