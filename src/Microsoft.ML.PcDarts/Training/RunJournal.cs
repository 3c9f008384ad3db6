using System.Globalization;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Training;

/// <summary>Keeps a run's reports, whole epochs and checkpoints, in memory and in its workspace.</summary>
/// <param name="clock">The run's clock.</param>
/// <param name="log">The run's log.</param>
/// <param name="cancellation">Requests that end the run.</param>
/// <param name="settings">Receiver of reports, and intervals.</param>
internal sealed partial class RunJournal(RunClock clock, RunLog log, RunCancellation cancellation, ReportSettings settings)
{
    private readonly Lock _reading = new();
    private readonly List<EpochMetrics> _epochs = [];
    private TimeSpan _lastReport = TimeSpan.MinValue / 2;

    public RunClock Clock => clock;

    public RunLog Log => log;

    public RunCancellation Cancellation => cancellation;

    /// <summary>All whole epochs of all phases.</summary>
    public IReadOnlyList<EpochMetrics> Epochs => _epochs;

    /// <summary>True when a report is due; reports at the end of an epoch need not ask.</summary>
    public bool ReportIsDue
        => (settings.Receiver is not null || _workspace is not null) && clock.Elapsed - _lastReport >= settings.ReportInterval;

    public void Report(TrainingProgress progress)
    {
        ThrowIfDiverged(progress);
        _lastReport = progress.Elapsed;
        if (progress.Phase != TrainingPhase.Reading)
            InWorkspace(folder => folder.Add(progress));
        settings.Receiver?.Invoke(progress);
    }

    /// <summary>Reports decoded pictures; called from any thread.</summary>
    /// <param name="start">When the reading began.</param>
    /// <param name="done">Pictures done.</param>
    /// <param name="count">Pictures in all.</param>
    public void ReportReading(TimeSpan start, int done, int count)
    {
        lock (_reading)
        {
            if (!ReportIsDue)
                return;
            TimeSpan elapsed = clock.Elapsed;
            double rate = done / Math.Max((elapsed - start).TotalSeconds, 1e-9);
            Report(new TrainingProgress
            {
                Phase = TrainingPhase.Reading,
                Step = done,
                Steps = count,
                ImagesPerSecond = rate,
                Elapsed = elapsed,
                Remaining = done > 0 ? TimeSpan.FromSeconds((count - done) / rate) : null,
            });
        }
    }

    /// <summary>The report of a step.</summary>
    /// <param name="at">Where the phase stands.</param>
    /// <param name="learningRate">Learning rate of the weights.</param>
    /// <param name="meter">Loss, accuracy and speed of the epoch so far.</param>
    /// <param name="imagesLeft">Pictures of this epoch's cost that remain in the phase.</param>
    public TrainingProgress Progress(PhaseProgress at, double learningRate, EpochMeter meter, double imagesLeft)
    {
        (double loss, double accuracy) = meter.Read();
        double imagesPerSecond = meter.ImagesPerSecond;
        return new TrainingProgress
        {
            Phase = at.Phase,
            Epoch = at.Epoch + 1,
            Epochs = at.Plan.Epochs,
            Step = at.Step,
            Steps = at.EpochSteps,
            Loss = loss,
            Accuracy = accuracy,
            LearningRate = learningRate,
            ImagesPerSecond = imagesPerSecond,
            Elapsed = clock.Elapsed,
            Remaining = TimeSpan.FromSeconds(imagesLeft / imagesPerSecond),
        };
    }

    /// <summary>Records an epoch, logs it, and reports it.</summary>
    /// <param name="progress">The epoch's last report, with loss, accuracy and learning rate.</param>
    public void FinishEpoch(TrainingProgress progress)
    {
        ThrowIfDiverged(progress);
        var metrics = EpochMetrics.Of(progress);
        _epochs.Add(metrics);
        string validation = metrics.ValidationAccuracy is { } held
            ? string.Create(CultureInfo.InvariantCulture, $", validation {held:P2}")
            : "";
        log.Info(string.Create(CultureInfo.InvariantCulture,
            $"{progress.Phase} epoch {progress.Epoch}/{progress.Epochs}: loss {metrics.Loss:F4}, accuracy "
                + $"{metrics.Accuracy:P2}{validation}, "
            + $"{metrics.ImagesPerSecond:F0} images/s"));
        Report(progress);
    }

    private static void ThrowIfDiverged(TrainingProgress progress)
    {
        if (!double.IsFinite(progress.Loss ?? 0) || !double.IsFinite(progress.ValidationLoss ?? 0))
            throw new LossDivergedException(progress);
    }
}
