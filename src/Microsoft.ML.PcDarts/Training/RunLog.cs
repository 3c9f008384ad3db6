namespace Microsoft.ML.PcDarts.Training;

/// <summary>Messages of a run.</summary>
/// <param name="info">Receives messages.</param>
/// <param name="warning">Receives warnings.</param>
internal sealed class RunLog(Action<string> info, Action<string> warning)
{
    private readonly List<string> _early = [];
    private Action<string>? _keep;

    public void Info(string message) => info(message);

    /// <summary>Warns, and keeps the warning with the run.</summary>
    public void Warning(string message)
    {
        warning(message);
        if (_keep is not null)
            _keep(message);
        else
            _early.Add(message);
    }

    /// <summary>Logs how far the result can be trusted.</summary>
    public void Verdict(RunVerdict verdict) => (verdict.FallsShort ? warning : info)($"Verdict: {verdict.Summary}");

    /// <summary>Keeps the warnings so far, and from now on each as it comes.</summary>
    public void KeepWarnings(Action<string> keep)
    {
        _keep = keep;
        _early.ForEach(keep);
        _early.Clear();
    }
}
