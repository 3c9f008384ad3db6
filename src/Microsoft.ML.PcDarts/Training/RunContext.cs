using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Runs;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training;

/// <summary>What both phases of a run share: options, device, seed, clock, log, reports and cancellation.</summary>
internal sealed class RunContext(
    PcDartsTrainer.Options options, IHostEnvironment environment, IChannel channel, Device device, int seed, Stopwatch clock, Workspace? workspace = null)
{
    private readonly Lock _reading = new();
    private TimeSpan _lastReport = TimeSpan.MinValue / 2;
    private TimeSpan _before, _lastSave;
    private List<string>? _early = [];

    public PcDartsTrainer.Options Options { get; } = options;

    public Device Device { get; } = device;

    public int Seed { get; } = seed;

    /// <summary>Time that <c>Fit</c> has taken, earlier attempts included.</summary>
    public TimeSpan Elapsed => _before + clock.Elapsed;

    /// <summary>The folder that holds the run; null when nothing is kept.</summary>
    public Workspace? Workspace { get; set; } = workspace;

    public List<EpochMetrics> Epochs { get; } = [];

    /// <summary>Weights of the classes in the loss, [classes] float32; null when all count alike.</summary>
    public Tensor? ClassWeights { get; set; }

    /// <summary>What the network starts from, and its classes; null for random weights.</summary>
    public (NetworkWeights Weights, IReadOnlyList<string> ClassNames)? Initial { get; set; }

    /// <summary>What the search starts from; null for random weights.</summary>
    public SupernetWeights? InitialSupernet { get; init; }

    /// <summary>What the search found; null until it ends.</summary>
    public SearchResult? Found { get; set; }

    /// <summary>Shape of the network that is trained; null until it is chosen.</summary>
    public NetworkShape? Shape { get; set; }

    /// <summary>Seconds left of the time budget, less a reserve for writing the model; null without a budget.</summary>
    public double? SecondsLeft => Options.TimeBudget is { } budget
        ? Math.Max(0, budget.TotalSeconds - Math.Clamp(0.015 * budget.TotalSeconds, 0.3, 20) - Elapsed.TotalSeconds)
        : null;

    /// <summary>Ends the run if that was asked for.</summary>
    /// <param name="snapshot">Makes the checkpoint to go on from; null where there is nothing to keep.</param>
    public void ThrowIfCancelled(Func<Checkpoint>? snapshot = null)
    {
        bool byContext = MlNetAccess.IsCanceled(environment);
        if (!byContext && !Options.CancellationToken.IsCancellationRequested)
            return;
        if (snapshot is not null)
            Save(snapshot);
        Options.CancellationToken.ThrowIfCancellationRequested();
        throw new OperationCanceledException("The run was cancelled by MLContext.CancelExecution().");
    }

    public void Info(string message) => channel.Info(MessageSensitivity.None, "{0}", message);

    /// <summary>Warns, and keeps the warning in the workspace.</summary>
    public void Warning(string message)
    {
        channel.Warning(MessageSensitivity.None, "{0}", message);
        if (_early is not null)
            _early.Add(message);
        else
            Keep(message);
    }

    /// <summary>Keeps the warnings so far, and from now on each as it comes: once the workspace is known to hold this run and no other.</summary>
    public void KeepWarnings()
    {
        foreach (string message in _early ?? [])
            Keep(message);
        _early = null;
    }

    /// <summary>Says what the run can be trusted for.</summary>
    public void Tell(RunVerdict verdict)
    {
        if (verdict.FallsShort)
            channel.Warning(MessageSensitivity.None, "Verdict: {0}", verdict.Summary);
        else
            channel.Info(MessageSensitivity.None, "Verdict: {0}", verdict.Summary);
    }

    private void Keep(string message) => InWorkspace(folder => folder.AddWarning(message));

    /// <summary>True when a report is due; reports at the end of an epoch need not ask.</summary>
    public bool ReportIsDue => (Options is not { MetricsCallback: null, Progress: null } || Workspace is not null) && Elapsed - _lastReport >= Options.ReportInterval;

    public void Report(TrainingProgress progress)
    {
        ThrowIfDiverged(progress);
        _lastReport = progress.Elapsed;
        if (progress.Phase != TrainingPhase.Reading)
            InWorkspace(folder => folder.Add(progress));
        Options.MetricsCallback?.Invoke(progress);
        Options.Progress?.Report(progress);
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
    /// <param name="at">Where the phase stands.</param>
    /// <param name="learningRate">Learning rate of the weights.</param>
    /// <param name="meter">Loss, accuracy and speed of the epoch so far.</param>
    /// <param name="imagesLeft">Pictures of this epoch's cost that remain in the phase.</param>
    public TrainingProgress Progress(
        TrainingPhase phase, PhaseProgress at, double learningRate, EpochMeter meter, double imagesLeft)
    {
        (double loss, double accuracy) = meter.Read();
        double imagesPerSecond = meter.ImagesPerSecond;
        return new TrainingProgress
        {
            Phase = phase,
            Epoch = at.Epoch + 1,
            Epochs = at.Plan.Epochs,
            Step = at.Step,
            Steps = at.EpochSteps,
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
        ThrowIfDiverged(progress);
        var metrics = EpochMetrics.Of(progress);
        Epochs.Add(metrics);
        string validation = metrics.ValidationAccuracy is { } held ? string.Create(CultureInfo.InvariantCulture, $", validation {held:P2}") : "";
        Info(string.Create(CultureInfo.InvariantCulture,
            $"{progress.Phase} epoch {progress.Epoch}/{progress.Epochs}: loss {metrics.Loss:F4}, accuracy {metrics.Accuracy:P2}{validation}, {metrics.ImagesPerSecond:F0} images/s"));
        Report(progress);
    }

    private static void ThrowIfDiverged(TrainingProgress progress)
    {
        if (double.IsFinite(progress.Loss ?? 0) && double.IsFinite(progress.ValidationLoss ?? 0))
            return;
        throw new LossDivergedException(string.Create(CultureInfo.InvariantCulture,
            $"{progress.Phase} diverged: the loss of epoch {progress.Epoch} is {progress.Loss}, on held-out pictures {progress.ValidationLoss}. Lower the learning rate "
            + $"({(progress.Phase == TrainingPhase.Search ? nameof(PcDartsTrainer.Options.SearchLearningRate) : nameof(PcDartsTrainer.Options.LearningRate))}, "
            + $"now {progress.LearningRate:g4})."));
    }

    /// <summary>Takes over what an earlier attempt had done.</summary>
    public void GoOn(RunState state)
    {
        _before = state.Elapsed;
        _lastSave = Elapsed;
        Epochs.AddRange(state.Epochs);
        (Found, Shape) = (state.Found, state.Shape);
        Info(string.Create(CultureInfo.InvariantCulture,
            $"Going on {state.Phase switch { TrainingPhase.Search => "in search epoch", TrainingPhase.Selection => "with candidate", _ => "in training epoch" }} {state.Progress.Epoch + 1}, after {state.Progress.Step} of its steps."));
    }

    /// <summary>Goes back to the last checkpoint of a phase after its loss has diverged; to the phase's start where there is none.</summary>
    /// <returns>The checkpoint, or null for the start.</returns>
    public Checkpoint? GoBack(TrainingPhase phase)
    {
        Checkpoint? last = Workspace?.Newest(Warning);
        if (last?.State.Phase != phase)
            last = null;
        if (last is not null)
            Workspace!.CutMetrics(last.State.MetricsBytes);
        Epochs.RemoveAll(epoch => epoch.Phase == phase && epoch.Epoch > (last?.State.Progress.Epoch ?? 0));
        return last;
    }

    /// <summary>The checkpoint of a phase at this moment.</summary>
    public Checkpoint Checkpoint(TrainingPhase phase, PhaseProgress progress, IReadOnlyDictionary<string, TensorData> tensors) => new(
        new RunState
        {
            Phase = phase,
            Progress = progress,
            Elapsed = Elapsed,
            Epochs = Epochs,
            MetricsBytes = Workspace?.MetricsBytes ?? 0,
            Found = Found,
            Shape = Shape,
        },
        tensors);

    /// <summary>Between two steps: saves a checkpoint if the interval has passed, and also if the run was cancelled, which then ends it.</summary>
    public void SaveIfDue(Func<Checkpoint> snapshot)
    {
        ThrowIfCancelled(snapshot);
        if (Elapsed - _lastSave >= Options.CheckpointInterval)
            Save(snapshot);
    }

    /// <summary>Saves a checkpoint, if there is a workspace.</summary>
    public void Save(Func<Checkpoint> snapshot)
    {
        if (Workspace is null)
            return;
        Checkpoint checkpoint = snapshot();
        _lastSave = Elapsed;
        if (!checkpoint.IsFinite)
            return; // The last good one is what a diverged run goes back to.
        InWorkspace(folder => folder.Write(checkpoint));
    }

    /// <summary>Writes what the search has learned at its end, if there is a workspace; its checkpoints make room for those of the training.</summary>
    public void KeepSupernet(Func<IReadOnlyDictionary<string, TensorData>> tensors) => InWorkspace(folder =>
    {
        string file = Path.Combine(folder.FullPath, Workspace.SupernetFile);
        new SupernetWeights(file, tensors()).Write(file);
    });

    /// <summary>Writes what the run found, and its report, if there is a workspace.</summary>
    public void Finish(RunResult result, PcDartsTransformer model, DataViewSchema inputs) => InWorkspace(folder => folder.Finish(result, model, inputs));

    private void InWorkspace(Action<Workspace> write)
    {
        if (Workspace is null)
            return;
        try
        {
            write(Workspace);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The workspace '{Workspace.FullPath}' cannot be written to any more: {error.Message} "
                + "Its last checkpoint is whole: make room or restore the rights, then call Fit with the same workspace to go on.", error);
        }
    }
}
