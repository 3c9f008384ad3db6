using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>What both phases of a run share: options, device, seed, clock, log, reports and cancellation.</summary>
internal sealed class RunContext(
    PcDartsTrainer.Options options, IHostEnvironment environment, IChannel channel, Device device, int seed, Stopwatch clock)
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);
    private readonly Lock _reading = new();
    private TimeSpan _lastReport = -ReportInterval;

    public PcDartsTrainer.Options Options { get; } = options;

    public Device Device { get; } = device;

    public int Seed { get; } = seed;

    public TimeSpan Elapsed => clock.Elapsed;

    public List<EpochMetrics> Epochs { get; } = [];

    /// <summary>Seconds left of the time budget, less a reserve for writing the model; null without a budget.</summary>
    public double? SecondsLeft => Options.TimeBudget is { } budget
        ? Math.Max(0, budget.TotalSeconds - Math.Clamp(0.015 * budget.TotalSeconds, 0.3, 20) - Elapsed.TotalSeconds)
        : null;

    public void ThrowIfCancelled()
    {
        Options.CancellationToken.ThrowIfCancellationRequested();
        if (MlNetAccess.IsCanceled(environment))
            throw new OperationCanceledException("The run was cancelled by MLContext.CancelExecution().");
    }

    public void Info(string message) => channel.Info(MessageSensitivity.None, "{0}", message);

    public void Warning(string message) => channel.Warning(MessageSensitivity.None, "{0}", message);

    /// <summary>True when a report is due; reports at the end of an epoch need not ask.</summary>
    public bool ReportIsDue => Options.MetricsCallback is not null && Elapsed - _lastReport >= ReportInterval;

    public void Report(TrainingProgress progress)
    {
        _lastReport = progress.Elapsed;
        Options.MetricsCallback?.Invoke(progress);
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
            TimeSpan elapsed = Elapsed;
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

    /// <summary>The report of a step of search or training.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="epoch">Epoch, from 0.</param>
    /// <param name="step">Steps done in the epoch.</param>
    /// <param name="learningRate">Learning rate of the weights.</param>
    /// <param name="meter">Loss, accuracy and speed of the epoch so far.</param>
    /// <param name="imagesLeft">Pictures of this epoch's cost that remain in the phase.</param>
    public TrainingProgress Progress(
        TrainingPhase phase, PhasePlan plan, int epoch, int step, double learningRate, EpochMeter meter, double imagesLeft)
    {
        (double loss, double accuracy) = meter.Read();
        double imagesPerSecond = meter.ImagesPerSecond;
        return new TrainingProgress
        {
            Phase = phase,
            Epoch = epoch + 1,
            Epochs = plan.Epochs,
            Step = step,
            Steps = plan.StepsPerEpoch,
            Loss = loss,
            Accuracy = accuracy,
            LearningRate = learningRate,
            ImagesPerSecond = imagesPerSecond,
            Elapsed = Elapsed,
            Remaining = TimeSpan.FromSeconds(imagesLeft / imagesPerSecond),
        };
    }

    /// <summary>Records an epoch, logs it, and reports it.</summary>
    /// <param name="progress">The epoch's last report, with loss, accuracy and learning rate.</param>
    public void FinishEpoch(TrainingProgress progress)
    {
        var metrics = new EpochMetrics(
            progress.Phase,
            progress.Epoch,
            progress.Loss!.Value,
            progress.Accuracy!.Value,
            progress.ValidationLoss,
            progress.ValidationAccuracy,
            progress.LearningRate!.Value,
            progress.ImagesPerSecond,
            progress.Elapsed,
            progress.Genotype);
        if (!double.IsFinite(metrics.Loss) || !double.IsFinite(metrics.ValidationLoss ?? 0))
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
                $"{progress.Phase} diverged: the loss of epoch {progress.Epoch} is {metrics.Loss}, on held-out pictures {metrics.ValidationLoss}. Lower the learning rate "
                + $"({(progress.Phase == TrainingPhase.Search ? nameof(PcDartsTrainer.Options.SearchLearningRate) : nameof(PcDartsTrainer.Options.LearningRate))}, "
                + $"now {metrics.LearningRate:g4})."));
        }

        Epochs.Add(metrics);
        string validation = metrics.ValidationAccuracy is { } held ? string.Create(CultureInfo.InvariantCulture, $", validation {held:P2}") : "";
        Info(string.Create(CultureInfo.InvariantCulture,
            $"{progress.Phase} epoch {progress.Epoch}/{progress.Epochs}: loss {metrics.Loss:F4}, accuracy {metrics.Accuracy:P2}{validation}, {metrics.ImagesPerSecond:F0} images/s"));
        Report(progress);
    }
}
