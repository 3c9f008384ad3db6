namespace Microsoft.ML.PcDarts;

/// <summary>Why the final training ended.</summary>
public enum StopReason
{
    /// <summary>All planned epochs are done.</summary>
    Completed,

    /// <summary>The time budget ended before the planned epochs did.</summary>
    TimeBudget,

    /// <summary>Validation had not improved for <see cref="PcDartsTrainer.Options.EarlyStoppingPatience"/> epochs.</summary>
    EarlyStopping,

    /// <summary>It was cancelled, and <see cref="CancelAction.ReturnBest"/> asked for the best so far.</summary>
    Cancelled,
}
