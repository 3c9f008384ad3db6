namespace Microsoft.ML.PcDarts.Training;

/// <summary>Who receives the reports of a run, and how often reports and checkpoints are due.</summary>
internal sealed record ReportSettings
{
    /// <summary>Receives each report; null for nobody.</summary>
    public required Action<TrainingProgress>? Receiver { get; init; }

    public required TimeSpan ReportInterval { get; init; }

    public required TimeSpan CheckpointInterval { get; init; }
}
