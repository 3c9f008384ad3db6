using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts;

/// <summary>
/// A run of <see cref="PcDartsTrainer"/> as its workspace tells it, at the moment of <see cref="Open"/>: under way in this process or
/// another, interrupted, or ended.
/// </summary>
/// <remarks>
/// Reading needs no native library and disturbs no process that is at work on the run. docs/workspace.md describes the files.
/// </remarks>
public sealed partial class PcDartsRun
{
    private PcDartsRun(
        string path, PcDartsRunState state, RunDescription description, RunMetrics metrics, RunResult? result, RunPredictions? predictions)
    {
        (WorkspacePath, State, Description, Metrics, Result, Predictions) = (path, state, description, metrics, result, predictions);
        Warnings = RunWarnings.Read(path);
        Epochs = [.. metrics.Epochs.Select(EpochMetrics.Of)];
    }

    /// <summary>Full path of the folder.</summary>
    public string WorkspacePath { get; }

    /// <summary>Name of the folder.</summary>
    public string Name => Path.GetFileName(WorkspacePath);

    /// <summary>Where the run stands.</summary>
    public PcDartsRunState State { get; }

    /// <summary>When the run was first started.</summary>
    public DateTimeOffset Started => Description.Started;

    /// <summary>Seed of the run.</summary>
    public int Seed => Description.Seed;

    /// <summary>Where the tensors lived when the run was started, such as <c>cpu</c> or <c>cuda:0</c>.</summary>
    public string Device => Description.Device;

    /// <summary>Number format of the maps between layers, a name of <see cref="TrainingPrecision"/>.</summary>
    public string Precision => Description.Precision;

    /// <summary>Threads of the tensor library, 1 or more.</summary>
    public int Threads => Description.Threads;

    /// <summary>Operating system and processors of the machine that started the run, in words.</summary>
    public string Machine => Description.Machine;

    /// <summary>
    /// Fields of <see cref="PcDartsTrainer.Options"/> that decide the result, by name, in invariant text; <c>null</c> for those left to be
    /// chosen.
    /// </summary>
    public IReadOnlyDictionary<string, string> Options => Description.Options;

    /// <summary>Versions of the libraries that started the run, by assembly name.</summary>
    public IReadOnlyDictionary<string, string> Versions => Description.Versions;

    /// <summary>Pictures that were read for training, validation rows split off them included: 1 or more.</summary>
    public int Pictures => Description.Data.Pictures;

    /// <summary>
    /// SHA-256 over sizes, labels and pixels of these pictures, in lower-case hexadecimal: runs of the same data have the same.
    /// </summary>
    public string DataSha256 => Description.Data.Sha256;

    /// <summary>As <see cref="DataSha256"/>, of <see cref="PcDartsTrainer.Options.ValidationSet"/>; null without one.</summary>
    public string? ValidationDataSha256 => Description.ValidationData?.Sha256;

    /// <summary>
    /// Every whole epoch so far: those of the search, then the candidates that were tried, then those of the final training.
    /// </summary>
    public IReadOnlyList<EpochMetrics> Epochs { get; }

    /// <summary>Warnings of all attempts in the order in which they first came, each once.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Verdict on how far the run can be trusted; null while it has no model, and for runs of earlier versions.</summary>
    public RunVerdict? Verdict => History?.Verdict;

    /// <summary>
    /// A message for each line of the metrics that is damaged and therefore left out of <see cref="Epochs"/> and <see cref="Last"/>, with
    /// the file and the number of the line; empty for a whole file.
    /// </summary>
    public IReadOnlyList<string> DamagedLines => Metrics.Damaged;

    /// <summary>The newest report; null before the first one.</summary>
    public TrainingProgress? Last => Metrics.Last;

    /// <summary>
    /// The genotype that was found or given; while the search runs what it would find now, then the best candidate so far; null before its
    /// first epoch has ended.
    /// </summary>
    public Genotype? Genotype => Result?.Genotype
        ?? Metrics.Of(TrainingPhase.Selection).MinBy(candidate => candidate.Loss)?.Genotype
        ?? Metrics.Of(TrainingPhase.Search).LastOrDefault(epoch => epoch.Genotype is not null)?.Genotype
        ?? Given;

    /// <summary>Channels, cells, classes and picture size of the model; null while there is none.</summary>
    public NetworkShape? Shape => Result?.Shape;

    /// <summary>The classes in the order of the score's slots; null while there is no model.</summary>
    public IReadOnlyList<string>? ClassNames => Result?.ClassNames;

    /// <summary>How the model came about; null while there is none.</summary>
    public TrainingHistory? History => Result?.History;

    /// <summary>
    /// Validation accuracy of the model, 0 to 1; while there is none, that of the last epoch of the final training that was validated. Null
    /// without either.
    /// </summary>
    public double? ValidationAccuracy => History is { } history ? history.ValidationAccuracy : LastValidated?.ValidationAccuracy;

    /// <summary>
    /// Share of the pictures given to <see cref="PcDartsReport.WritePredictions"/> that the model names rightly, 0 to 1; null if it was not
    /// asked.
    /// </summary>
    public double? TestAccuracy => Predictions?.Accuracy;

    /// <summary>Number of these pictures; null if the model was not asked.</summary>
    public int? TestPictures => Predictions?.Pictures.Count;

    /// <summary>The same with its 95 % interval and counts; null if the model was not asked.</summary>
    public AccuracyEstimate? TestEstimate => AccuracyEstimate.Of(TestAccuracy, TestPictures ?? 0);

    internal RunDescription Description { get; }

    internal RunMetrics Metrics { get; }

    internal RunResult? Result { get; }

    internal RunPredictions? Predictions { get; }

    /// <summary>The architecture that the options gave; null if it was searched.</summary>
    internal Genotype? Given => Description.Given;

    internal EpochMetrics? LastValidated
        => Epochs.LastOrDefault(epoch => epoch is { Phase: TrainingPhase.Training, ValidationAccuracy: not null });

    /// <summary>Whether a folder holds a run. A run describes itself once its pictures are read.</summary>
    /// <param name="workspacePath">A folder; it need not exist.</param>
    /// <returns>True if it does.</returns>
    public static bool Exists(string workspacePath)
    {
        ArgumentException.ThrowIfNullOrEmpty(workspacePath);
        return File.Exists(Path.Combine(workspacePath, Workspace.RunFile));
    }

    /// <summary>
    /// Deletes the run of a workspace: description, metrics, checkpoints, genotypes, result, predictions and report. The folder and other
    /// files in it stay, as do further folds of a cross-validation (<c>fold-2</c> and so on), which are runs of their own. Without a run,
    /// remains of one are deleted.
    /// </summary>
    /// <param name="workspacePath">The folder that <see cref="PcDartsTrainer.Options.WorkspacePath"/> named.</param>
    /// <exception cref="IOException">A process is at work on the run, or a file cannot be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be deleted.</exception>
    public static void Delete(string workspacePath)
    {
        ArgumentException.ThrowIfNullOrEmpty(workspacePath);
        if (!Directory.Exists(workspacePath))
            return;
        using Workspace workspace = Workspace.Open(workspacePath);
        workspace.Delete();
    }

    /// <summary>Reads the run of a workspace.</summary>
    /// <param name="workspacePath">The folder that <see cref="PcDartsTrainer.Options.WorkspacePath"/> named.</param>
    /// <returns>The run as it stands now.</returns>
    /// <exception cref="FileNotFoundException">The folder holds no run.</exception>
    /// <exception cref="InvalidDataException">A file of the workspace is damaged, or of another version of its format; the message names
    /// it. Damaged lines of the metrics are left out instead; see <see cref="DamagedLines"/>.</exception>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be read.</exception>
    public static PcDartsRun Open(string workspacePath)
    {
        ArgumentException.ThrowIfNullOrEmpty(workspacePath);
        return Read(workspacePath, Workspace.IsTaken(workspacePath));
    }

    /// <param name="workspacePath">The folder.</param>
    /// <param name="running">Whether a process is at work on it.</param>
    internal static PcDartsRun Read(string workspacePath, bool running)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(workspacePath));
        RunDescription description = Workspace.ReadDescription(full)
            ?? throw new FileNotFoundException(
                $"There is no run in '{full}': {Workspace.RunFile} is missing. Give the folder that "
                    + $"Options.WorkspacePath ('fit --out') named.",
                Path.Combine(full, Workspace.RunFile));
        RunMetrics metrics = RunMetrics.Read(Path.Combine(full, Workspace.MetricsFile));

        // Files of an earlier run in the same folder do not belong to this one, and a cancelled run that is resumed has no result yet.
        RunResult? result = RunResult.Read(full);
        if (result is not { History.Epochs: [.., { } last] } || result.History.Seed != description.Seed || !EndsWith(metrics, last)
            || result.IsCancelled && running)
        {
            result = null;
        }

        RunPredictions? predictions = result is null ? null : RunPredictions.Read(full);
        if (predictions?.WeightsSha256 != result?.History.WeightsSha256 || predictions is { Pictures.Count: 0 })
            predictions = null;
        PcDartsRunState state = result switch
        {
            { IsCancelled: true } => PcDartsRunState.Cancelled,
            not null => PcDartsRunState.Finished,
            _ => running ? PcDartsRunState.Running : PcDartsRunState.Interrupted,
        };
        return new PcDartsRun(full, state, description, metrics, result, predictions);
    }

    /// <summary>
    /// Whether the last epoch of a result is that of the metrics. If lines of theirs are damaged, it may be one of those.
    /// </summary>
    private static bool EndsWith(RunMetrics metrics, EpochMetrics last)
        => metrics.Epochs is [.., { } end] && (end.Elapsed == last.Elapsed || metrics.Damaged.Count > 0 && end.Elapsed < last.Elapsed);
}
