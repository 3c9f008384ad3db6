using System.Text;

namespace Microsoft.ML.PcDarts;

/// <summary>All that a workspace tells of its run, at any moment of it.</summary>
/// <param name="Name">Name of the folder.</param>
/// <param name="Written">The moment of the report.</param>
/// <param name="State">Where the run stands.</param>
/// <param name="Description">What the run was started with.</param>
/// <param name="Metrics">Its epochs.</param>
/// <param name="Result">What it found; null until it has ended.</param>
/// <param name="Predictions">What its model said of labelled pictures; null if it was not asked.</param>
internal sealed record RunReport(
    string Name, DateTimeOffset Written, RunReport.Stage State, RunDescription Description, RunMetrics Metrics, RunResult? Result, RunPredictions? Predictions)
{
    public const string FileName = "report.html";

    /// <summary>Where a run stands.</summary>
    public enum Stage
    {
        /// <summary>A process is at work; the page refreshes itself.</summary>
        Running,

        /// <summary>No process is at work, and there is no result.</summary>
        Interrupted,

        /// <summary>The result is there.</summary>
        Finished,
    }

    /// <summary>The architecture: what was found or given, or while the search runs, what it would find now.</summary>
    public Genotype? Genotype => Result?.Genotype ?? Metrics.Of(TrainingPhase.Search).LastOrDefault(epoch => epoch.Genotype is not null)?.Genotype ?? Given;

    /// <summary>The architecture that the options gave; null if it was searched.</summary>
    public Genotype? Given => Description.Options.TryGetValue(nameof(PcDartsTrainer.Options.Genotype), out string? text) && text != "null" ? PcDarts.Genotype.FromPython(text) : null;

    /// <summary>Reads a workspace.</summary>
    /// <param name="workspace">The folder.</param>
    /// <param name="running">Whether a process is at work on it.</param>
    /// <exception cref="FileNotFoundException">The folder holds no run.</exception>
    /// <exception cref="InvalidDataException">A file is damaged; the message names it.</exception>
    public static RunReport Read(string workspace, bool running)
    {
        string full = Path.GetFullPath(workspace);
        RunDescription description = Workspace.ReadDescription(full)
            ?? throw new FileNotFoundException($"There is no run in '{full}': {Workspace.RunFile} is missing. Give the folder that Options.WorkspacePath ('fit --out') named.", Path.Combine(full, Workspace.RunFile));
        RunMetrics metrics = RunMetrics.Read(Path.Combine(full, Workspace.MetricsFile));

        // Files of an earlier run in the same folder do not belong to this one.
        RunResult? result = RunResult.Read(full);
        if (result is not { History.Epochs: [.., { } last] } || result.History.Seed != description.Seed || metrics.Epochs is not [.., { } end] || last.Elapsed != end.Elapsed)
            result = null;
        RunPredictions? predictions = result is null ? null : RunPredictions.Read(full);
        if (predictions?.WeightsSha256 != result?.History.WeightsSha256 || predictions is { Pictures.Count: 0 })
            predictions = null;
        Stage state = result is not null ? Stage.Finished : running ? Stage.Running : Stage.Interrupted;
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(full));
        return new RunReport(name, TimeProvider.System.GetUtcNow(), state, description, metrics, result, predictions);
    }

    /// <summary>Writes the report of a workspace into it.</summary>
    /// <returns>Path of the report.</returns>
    /// <exception cref="FileNotFoundException">The folder holds no run.</exception>
    /// <exception cref="InvalidDataException">A file is damaged; the message names it.</exception>
    public static string Write(string workspace, bool running)
    {
        string path = Path.Combine(Path.GetFullPath(workspace), FileName);
        byte[] page = Encoding.UTF8.GetBytes(ReportPage.Of(Read(workspace, running)));
        AtomicFile.Write(path, stream => stream.Write(page));
        return path;
    }
}
