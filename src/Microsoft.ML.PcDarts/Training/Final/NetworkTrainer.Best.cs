using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Training.Final;

/// <content>Which epoch validated best, and when to stop for want of improvement.</content>
internal sealed partial class NetworkTrainer
{
    private IReadOnlyDictionary<string, TensorData>? _best;

    /// <summary>Compares the epoch that ends with those before it.</summary>
    private void Judge(PhaseProgress progress, (double Loss, double Accuracy) held)
    {
        PcDartsTrainer.Options options = _run.Options;
        double score = options.ValidationMetric == ValidationMetric.Accuracy ? held.Accuracy : -held.Loss;
        int epoch = progress.Epoch + 1;
        if (score > progress.BestScore)
        {
            (progress.BestEpoch, progress.BestScore) = (epoch, score);
            _best = _network.ExportWeights();
        }

        if (score > progress.ImprovedScore + options.EarlyStoppingMinimumDelta)
            (progress.ImprovedEpoch, progress.ImprovedScore) = (epoch, score);
        if (options.EarlyStoppingPatience is { } patience && epoch - progress.ImprovedEpoch >= patience && epoch < progress.Plan.Epochs)
        {
            _run.Info($"Training stopped after epoch {epoch} of {progress.Plan.Epochs}: validation has not improved since epoch {progress.ImprovedEpoch}.");
            progress.Stopped = StopReason.EarlyStopping;
        }
    }

    private TrainedNetwork Result(PhaseProgress progress, TimeSpan time)
    {
        StopReason reason = progress.Stopped ?? StopReason.Completed;
        bool best = _best is not null && (reason != StopReason.Completed || _run.Options.ReturnedWeights == ReturnedWeights.BestValidation);
        // A cancelled epoch counts when it has begun; its weights are then the present ones.
        int last = Math.Min(progress.Epoch + (progress.Step > 0 ? 1 : 0), progress.Plan.Epochs);
        return new TrainedNetwork(best ? _best! : _network.ExportWeights(), time, progress.Trained.ImagesPerSecond, best ? progress.BestEpoch : last, reason) { Images = progress.Trained.Images };
    }
}
