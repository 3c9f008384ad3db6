using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.PcDarts.Optimizers;
using Microsoft.ML.PcDarts.Runs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Final;

/// <summary>Trains a discovered network from scratch: SGD or Muon, cosine schedule, auxiliary loss, drop-path, label smoothing.</summary>
/// <remarks>Source: Xu et al. 2020, section 4.2 and train.py of the paper's code. Differs from PC-DARTS: the learning rate and the
/// drop-path probability move with every step instead of every epoch, and options add a linear warm-up and Muon.</remarks>
internal sealed partial class NetworkTrainer : IDisposable
{
    private readonly RunSetup _setup;
    private readonly RunJournal _journal;
    private readonly FinalSettings _settings;
    private readonly FinalData _data;
    private readonly SearchResult _found;
    private readonly DiscoveredNetwork _network;
    private readonly NetworkStepper _stepper;
    private readonly Dictionary<(int Height, int Width), double> _costs = [];

    /// <param name="setup">Device and seed.</param>
    /// <param name="journal">Clock, log, reports and checkpoints.</param>
    /// <param name="settings">Length, optimizer, losses and rules.</param>
    /// <param name="data">Pictures to train and validate on.</param>
    /// <param name="found">Result of the search, whose genotype is trained.</param>
    /// <param name="shape">Shape of the network.</param>
    /// <param name="initial">Weights to start from, and their classes; null for random weights.</param>
    public NetworkTrainer(
        RunSetup setup,
        RunJournal journal,
        FinalSettings settings,
        FinalData data,
        SearchResult found,
        NetworkShape shape,
        (NetworkWeights Weights, IReadOnlyList<string> ClassNames)? initial = null)
    {
        (_setup, _journal, _settings, _data, _found) = (setup, journal, settings, data, found);
        random.manual_seed(setup.Seed);
        _network = new DiscoveredNetwork(found.Genotype, shape, setup.Device) { MemorySaving = setup.MemorySaving };
        if (initial is { } start)
            _network.ImportWeights(start.Weights.MergedInto(_network.ExportWeights(), start.ClassNames));
        foreach ((string name, Parameter parameter) in _network.named_parameters())
            parameter.requires_grad = !settings.FreezeBackbone || NetworkWeights.IsClassifier(name);
        _stepper = new NetworkStepper(_network, settings, setup.Device, setup.ClassWeights, journal.Log.Warning);
    }

    /// <summary>Factor of the options' learning rate. Default 1.</summary>
    public double LearningRateScale { get; init; } = 1;

    private (int Height, int Width) FullSize => (_network.Shape.ImageHeight, _network.Shape.ImageWidth);

    /// <summary>Trains to the end of the plan.</summary>
    /// <param name="secondsAvailable">Seconds that the training may take; null for no limit. Without effect on a training that
    /// resumes.</param>
    /// <param name="interrupted">Checkpoint to resume from; null to begin.</param>
    /// <returns>The trained weights.</returns>
    public TrainedNetwork Run(double? secondsAvailable, Checkpoint? interrupted = null)
    {
        RunClock clock = _journal.Clock;
        TimeSpan start = clock.Elapsed - (interrupted?.State.Progress.Elapsed ?? TimeSpan.Zero);
        FinalProgress progress = interrupted is null ? Plan(secondsAvailable) : Resume(interrupted);
        if (interrupted is null)
            _journal.Save(() => Snapshot(progress, start));
        _journal.Log.Info(
            $"Training: {progress.Plan.Epochs} epochs of {progress.Plan.StepsPerEpoch} steps of {progress.Plan.BatchSize} pictures.");
        while (progress.Epoch < progress.Plan.Epochs && progress.Stopped is null)
        {
            if (progress.Deadline is { } limit && progress is { Epoch: > 0, Step: 0 })
            {
                double left = (limit - clock.Elapsed).TotalSeconds;
                if (left <= progress.ValidationSeconds)
                {
                    _journal.Log.Warning(
                        $"Training ended after epoch {progress.Epoch} of {progress.Plan.Epochs}: the time budget is used up.");
                    progress.Stopped = StopReason.TimeBudget;
                    break;
                }

                Replan(progress, left);
            }

            try
            {
                using var epoch = new Epoch(this, progress, start);
                epoch.Run();
            }
            catch (OperationCanceledException) when (_settings.OnCancel == CancelAction.ReturnBest && progress is not { Epoch: 0, Step: 0 })
            {
                // The checkpoint that was saved on the way here lets a later Fit resume; only this result says that it was cancelled.
                _journal.Log.Warning(
                    $"Training was cancelled in epoch {progress.Epoch + 1} of {progress.Plan.Epochs}; "
                        + $"the best weights so far are returned.");
                progress.Stopped = StopReason.Cancelled;
                return Result(progress, clock.Elapsed - start);
            }

            progress.NextEpoch();
        }

        _journal.Save(() => Snapshot(progress, start));
        return Result(progress, clock.Elapsed - start);
    }

    public void Dispose()
    {
        _stepper.Dispose();
        _network.Dispose();
    }

    /// <summary>Cost of an epoch's picture relative to one of full size: measured, or its share of the pixels.</summary>
    private double Cost(int epoch, int epochs)
    {
        if (!_settings.ProgressiveResizing)
            return 1;
        (int Height, int Width) size = ResizingSchedule.Size(FullSize, epoch, epochs);
        return _costs.TryGetValue(size, out double measured)
            ? measured
            : (double)size.Height * size.Width / ((double)FullSize.Height * FullSize.Width);
    }
}
