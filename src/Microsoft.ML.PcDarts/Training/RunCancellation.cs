namespace Microsoft.ML.PcDarts.Training;

/// <summary>The two ways to cancel a run: the token of the options, and the context's <c>CancelExecution</c>.</summary>
/// <param name="contextIsCanceled">Whether the context was cancelled.</param>
/// <param name="token">The token.</param>
internal sealed class RunCancellation(Func<bool> contextIsCanceled, CancellationToken token)
{
    public bool IsRequested => token.IsCancellationRequested || contextIsCanceled();

    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public void ThrowIfRequested()
    {
        if (!IsRequested)
            return;
        token.ThrowIfCancellationRequested();
        throw new OperationCanceledException("The run was cancelled by MLContext.CancelExecution().");
    }
}
