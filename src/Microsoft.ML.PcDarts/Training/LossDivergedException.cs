using System.Globalization;

namespace Microsoft.ML.PcDarts.Training;

/// <summary>The loss is no longer a finite number.</summary>
/// <param name="progress">The report that has the loss.</param>
internal sealed class LossDivergedException(TrainingProgress progress) : InvalidOperationException(Describe(progress))
{
    private static string Describe(TrainingProgress progress)
    {
        string option = progress.Phase == TrainingPhase.Search ? "SearchLearningRate" : "LearningRate";
        return string.Create(CultureInfo.InvariantCulture,
            $"{progress.Phase} diverged: the loss of epoch {progress.Epoch} is {progress.Loss}, on held-out pictures "
                + $"{progress.ValidationLoss}. "
            + $"Lower the learning rate ({option}, now {progress.LearningRate:g4}).");
    }
}
