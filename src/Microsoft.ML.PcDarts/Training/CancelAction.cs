namespace Microsoft.ML.PcDarts;

/// <summary>Behavior of <c>Fit</c> when it is cancelled; see <see cref="PcDartsTrainer.Options.OnCancel"/>.</summary>
public enum CancelAction
{
    /// <summary>Throw <see cref="OperationCanceledException"/>. A workspace keeps the run, so that it can be resumed.</summary>
    Throw,

    /// <summary>
    /// In the final training: return the weights that validated best so far, or the present ones when no epoch was validated. During
    /// reading and search there is no model yet, so <see cref="OperationCanceledException"/> is thrown.
    /// </summary>
    ReturnBest,
}
