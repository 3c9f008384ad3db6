using System.Text.Json.Serialization;

namespace Microsoft.ML.PcDarts.Runs;

/// <summary>Result of a finished run: the content of a workspace's result.json.</summary>
/// <param name="Genotype">The architecture.</param>
/// <param name="Shape">Channels, cells, classes and picture size of the trained network.</param>
/// <param name="ClassNames">The classes in the order of the score's slots.</param>
/// <param name="History">Losses, accuracies, times and sizes.</param>
internal sealed record RunResult(Genotype Genotype, NetworkShape Shape, IReadOnlyList<string> ClassNames, TrainingHistory History)
{
    public const string FileName = "result.json";

    /// <summary>Whether the run was cancelled and can be resumed.</summary>
    [JsonIgnore]
    public bool IsCancelled => History.StopReason == StopReason.Cancelled;

    public void Write(string workspace) => ReportFile.Write(Path.Combine(workspace, FileName), this);

    /// <summary>The result that a workspace holds, or null while it holds none.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static RunResult? Read(string workspace) => ReportFile.Read<RunResult>(Path.Combine(workspace, FileName), RecordChecks.Check,
        "Delete the file; it is written again when the run is resumed.")?.Content;
}
