namespace Microsoft.ML.PcDarts;

/// <summary>Where a run stands; see <see cref="PcDartsRun.State"/>.</summary>
public enum PcDartsRunState
{
    /// <summary>A process is at work on it.</summary>
    Running,

    /// <summary>
    /// No process is at work on it and it has no model: it was cancelled or killed, or it failed. <c>Fit</c> with the same workspace goes
    /// on with it.
    /// </summary>
    Interrupted,

    /// <summary>
    /// It was cancelled and returned its best model so far (<see cref="CancelAction.ReturnBest"/>). <c>Fit</c> with the same workspace goes
    /// on with it.
    /// </summary>
    Cancelled,

    /// <summary>It has ended.</summary>
    Finished,
}
