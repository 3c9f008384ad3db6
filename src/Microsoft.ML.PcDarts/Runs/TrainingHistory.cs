using System.Text.Json.Serialization;

namespace Microsoft.ML.PcDarts;

/// <summary>How a model came about: both phases epoch by epoch, and the run's totals.</summary>
/// <remarks>
/// Metrics of an epoch of the final training are those of the weights at its end; <see cref="ReturnedEpoch"/> tells which of them the model
/// has.
/// </remarks>
public sealed record TrainingHistory
{
    /// <summary>Every epoch of the search, then the candidates that were tried, then every epoch of the final training.</summary>
    public required IReadOnlyList<EpochMetrics> Epochs { get; init; }

    /// <summary>Pictures that the final training visits.</summary>
    public required int TrainingImages { get; init; }

    /// <summary>Pictures used for validation only.</summary>
    public required int ValidationImages { get; init; }

    /// <summary>Training rows left out because their label was missing.</summary>
    public int MissingLabels { get; init; }

    /// <summary>
    /// Training rows left out because their picture could not be decoded (only with <see cref="BadImageHandling.Skip"/>).
    /// </summary>
    public int SkippedImages { get; init; }

    /// <summary>Time of decoding the pictures.</summary>
    public TimeSpan ReadTime { get; init; }

    /// <summary>Time of the search, trying candidates included; zero when a genotype was given.</summary>
    public TimeSpan SearchTime { get; init; }

    /// <summary>Time of the final training.</summary>
    public TimeSpan TrainingTime { get; init; }

    /// <summary>
    /// Pictures of the weight half per second of search, where each step also takes one batch of the architecture half; zero without a
    /// search.
    /// </summary>
    public double SearchImagesPerSecond { get; init; }

    /// <summary>Pictures per second of the final training, validation time left out.</summary>
    public double TrainingImagesPerSecond { get; init; }

    /// <summary>Parameters and multiply-adds of the network.</summary>
    public required NetworkSize Size { get; init; }

    /// <summary>SHA-256 over the names, shapes and values of the trained weights, in lower-case hexadecimal.</summary>
    public required string WeightsSha256 { get; init; }

    /// <summary>The largest resident memory of the process up to the end of training, in bytes.</summary>
    public long PeakMemoryBytes { get; init; }

    /// <summary>
    /// Memory of the GPU that was taken at the end of training, in bytes, by all processes; libtorch gives none back, so this is the peak.
    /// 0 on a CPU.
    /// </summary>
    public long PeakGpuMemoryBytes { get; init; }

    /// <summary>Where the tensors lived, such as <c>cpu</c> or <c>cuda:0</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Seed of the run.</summary>
    public int Seed { get; init; }

    /// <summary>Epoch of the final training, from 1, whose weights the model has; 0 in models of earlier versions: the last one.</summary>
    public int ReturnedEpoch { get; init; }

    /// <summary>Why the final training ended.</summary>
    public StopReason StopReason { get; init; }

    /// <summary>Verdict on how far the run can be trusted; null in models of earlier versions.</summary>
    public RunVerdict? Verdict { get; init; }

    /// <summary>Validation accuracy of the model, 0 to 1; null when nothing was held out.</summary>
    public double? ValidationAccuracy
        => Epochs.LastOrDefault(
            epoch => epoch.Phase == TrainingPhase.Training && (ReturnedEpoch == 0 || epoch.Epoch == ReturnedEpoch))?.ValidationAccuracy;

    /// <summary>The same with its 95 % interval and counts; null when nothing was held out.</summary>
    [JsonIgnore]
    public AccuracyEstimate? ValidationEstimate => AccuracyEstimate.Of(ValidationAccuracy, ValidationImages);
}
