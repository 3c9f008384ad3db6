namespace Microsoft.ML.PcDarts;

/// <summary>Measurements of one epoch of the search or of the final training, or of the trial of one candidate.</summary>
/// <param name="Phase">Any but <see cref="TrainingPhase.Reading"/>.</param>
/// <param name="Epoch">Epoch of the phase, from 1.</param>
/// <param name="Loss">Mean training cross-entropy over the epoch, of a candidate over the second half of its trial, in nats (with label
/// smoothing and auxiliary loss left out).</param>
/// <param name="Accuracy">Accuracy on the augmented training pictures of the epoch, 0 to 1.</param>
/// <param name="ValidationLoss">Mean cross-entropy on the validation pictures, in nats; in the search, on the architecture half's augmented
/// batches before each step. Null without any in this epoch.</param>
/// <param name="ValidationAccuracy">Accuracy on the same pictures as the validation loss, 0 to 1; null without any in this epoch.</param>
/// <param name="LearningRate">Learning rate of the weights at the start of the epoch.</param>
/// <param name="ImagesPerSecond">Training pictures per second, validation time left out.</param>
/// <param name="Elapsed">Time since <c>Fit</c> was called, at the end of the epoch.</param>
/// <param name="Genotype">The genotype decoded after the epoch, or the candidate; null in the final training.</param>
/// <param name="Diagnostics">How the architecture parameters stand after the epoch; null in the final training.</param>
public sealed record EpochMetrics(
    TrainingPhase Phase,
    int Epoch,
    double Loss,
    double Accuracy,
    double? ValidationLoss,
    double? ValidationAccuracy,
    double LearningRate,
    double ImagesPerSecond,
    TimeSpan Elapsed,
    Genotype? Genotype = null,
    SearchDiagnostics? Diagnostics = null)
{
    /// <param name="last">The last report of an epoch, with loss, accuracy and learning rate.</param>
    internal static EpochMetrics Of(TrainingProgress last) => new(
        last.Phase,
        last.Epoch,
        last.Loss!.Value,
        last.Accuracy!.Value,
        last.ValidationLoss,
        last.ValidationAccuracy,
        last.LearningRate!.Value,
        last.ImagesPerSecond,
        last.Elapsed,
        last.Genotype,
        last.Diagnostics);
}
