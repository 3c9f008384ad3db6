using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Training.Final;

/// <content>The epoch that validated best, and stopping for want of improvement.</content>
internal sealed partial class NetworkTrainer
{
    private IReadOnlyDictionary<string, TensorData>? _best;

    /// <summary>Compares the epoch that ends with those before it.</summary>
    private void Compare(FinalProgress progress, (double Loss, double Accuracy) held)
    {
        double score = _settings.ValidationMetric == ValidationMetric.Accuracy ? held.Accuracy : -held.Loss;
        int epoch = progress.Epoch + 1;
        if (score > progress.BestScore)
        {
            (progress.BestEpoch, progress.BestScore) = (epoch, score);
            _best = _network.ExportWeights();
        }

        if (score > progress.ImprovedScore + _settings.EarlyStoppingMinimumDelta)
            (progress.ImprovedEpoch, progress.ImprovedScore) = (epoch, score);
        if (_settings.EarlyStoppingPatience is { } patience && epoch - progress.ImprovedEpoch >= patience && epoch < progress.Plan.Epochs)
        {
            _journal.Log.Info(
                $"Training stopped after epoch {epoch} of {progress.Plan.Epochs}: validation has not improved since epoch "
                    + $"{progress.ImprovedEpoch}.");
            progress.Stopped = StopReason.EarlyStopping;
        }
    }

    private TrainedNetwork Result(FinalProgress progress, TimeSpan time)
    {
        StopReason reason = progress.Stopped ?? StopReason.Completed;
        bool best = _best is not null && (reason != StopReason.Completed || _settings.ReturnedWeights == ReturnedWeights.BestValidation);
        // A cancelled epoch counts when it has begun; its weights are then the present ones.
        int last = Math.Min(progress.Epoch + (progress.Step > 0 ? 1 : 0), progress.Plan.Epochs);
        return new TrainedNetwork(
            best ? _best! : _network.ExportWeights(), time, progress.Trained.ImagesPerSecond, best ? progress.BestEpoch : last, reason)
        {
            Images = progress.Trained.Images,
        };
    }
}
