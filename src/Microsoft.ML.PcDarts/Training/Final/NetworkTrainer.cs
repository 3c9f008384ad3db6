using System.Diagnostics;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.PcDarts.Optimizers;
using Microsoft.ML.PcDarts.Runs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Final;

/// <summary>Trains a discovered network from scratch: SGD or Muon, cosine schedule, auxiliary loss, drop-path, label smoothing.</summary>
/// <remarks>Source: Xu et al. 2020, section 4.2 and train.py of the paper's code. Differs from PC-DARTS: the learning rate and the drop-path probability
/// move with every step instead of every epoch, and options add a linear warm-up and Muon.</remarks>
internal sealed partial class NetworkTrainer : IDisposable
{
    private readonly RunContext _run;
    private readonly BatchLoader _loader;
    private readonly int[] _rows;
    private readonly (BatchLoader Loader, int[] Rows)? _validation;
    private readonly DiscoveredNetwork _network;
    private readonly NetworkStepper _stepper;
    private readonly Dictionary<(int Height, int Width), double> _costs = [];

    /// <param name="run">The run.</param>
    /// <param name="loader">Makes batches from row indices.</param>
    /// <param name="rows">Rows to train on.</param>
    /// <param name="validation">Rows to validate on after each epoch, and their loader; null for none.</param>
    /// <param name="genotype">The architecture.</param>
    /// <param name="shape">Shape of the network.</param>
    public NetworkTrainer(
        RunContext run, BatchLoader loader, int[] rows, (BatchLoader Loader, int[] Rows)? validation, Genotype genotype, NetworkShape shape)
    {
        (_run, _loader, _rows, _validation) = (run, loader, rows, validation);
        random.manual_seed(run.Seed);
        _network = new DiscoveredNetwork(genotype, shape, run.Device) { MemorySaving = run.Options.MemorySaving };
        if (run.Initial is { } initial)
            _network.ImportWeights(initial.Weights.Over(_network.ExportWeights(), initial.ClassNames));
        PcDartsTrainer.Options options = run.Options;
        foreach ((string name, Parameter parameter) in _network.named_parameters())
            parameter.requires_grad = !options.FreezeBackbone || NetworkWeights.IsClassifier(name);
        _stepper = new NetworkStepper(_network, options, run.Device, run.ClassWeights, run.Warning);
    }

    /// <summary>What the learning rate of the options is multiplied by. Default 1.</summary>
    public double LearningRateScale { get; init; } = 1;

    /// <summary>Trains to the end of the plan.</summary>
    /// <param name="secondsAvailable">Seconds that the training may take; null for no limit. Without effect on a training that goes on.</param>
    /// <param name="interrupted">Where an earlier attempt stood; null to begin.</param>
    /// <returns>The trained weights.</returns>
    public TrainedNetwork Run(double? secondsAvailable, Checkpoint? interrupted = null)
    {
        TimeSpan start = _run.Elapsed - (interrupted?.State.Progress.Elapsed ?? TimeSpan.Zero);
        PhaseProgress progress;
        if (interrupted is not null)
        {
            progress = interrupted.State.Progress;
            progress.LearningRateScale = Math.Min(progress.LearningRateScale, LearningRateScale);
            Restore(interrupted);
        }
        else
        {
            progress = Plan(secondsAvailable);
            _run.Save(() => Snapshot(progress, start));
        }

        _run.Info($"Training: {progress.Plan.Epochs} epochs of {progress.Plan.StepsPerEpoch} steps of {progress.Plan.BatchSize} pictures.");
        int pass = PhasePlan.StepsOfPass(_rows.Length, progress.Plan.BatchSize);
        while (progress.Epoch < progress.Plan.Epochs && progress.Stopped is null)
        {
            if (progress.Deadline is { } limit && progress is { Epoch: > 0, Step: 0 })
            {
                double left = (limit - _run.Elapsed).TotalSeconds;
                if (left <= progress.ValidationSeconds)
                {
                    _run.Warning($"Training ended after epoch {progress.Epoch} of {progress.Plan.Epochs}: the time budget is used up.");
                    progress.Stopped = StopReason.TimeBudget;
                    break;
                }

                Replan(progress, left, pass);
            }

            try
            {
                RunEpoch(progress, start);
            }
            catch (OperationCanceledException) when (_run.Options.OnCancel == CancelAction.ReturnBest && progress is not { Epoch: 0, Step: 0 })
            {
                // The checkpoint that was saved on the way here lets a later Fit go on; only this result says that it was cancelled.
                _run.Warning($"Training was cancelled in epoch {progress.Epoch + 1} of {progress.Plan.Epochs}; the best weights so far are returned.");
                progress.Stopped = StopReason.Cancelled;
                return Result(progress, _run.Elapsed - start);
            }

            progress.NextEpoch();
        }

        _run.Save(() => Snapshot(progress, start));
        return Result(progress, _run.Elapsed - start);
    }

    public void Dispose()
    {
        _stepper.Dispose();
        _network.Dispose();
    }

    private PhaseProgress Plan(double? secondsAvailable)
    {
        PhasePlan plan = PhasePlan.Full(_rows.Length, _run.Options.Epochs, _run.Options.BatchSize);
        TimeSpan? deadline = secondsAvailable is { } seconds ? _run.Elapsed + TimeSpan.FromSeconds(seconds) : null;
        double validationSeconds = 0;
        if (deadline is { } end)
        {
            double secondsPerImage = MeasureSecondsPerImage(plan.BatchSize);
            validationSeconds = (_validation?.Rows.Length ?? 0) * secondsPerImage * ForwardShare;
            double meanCost = Enumerable.Range(0, plan.Epochs).Average(epoch => Cost(epoch, plan.Epochs));
            plan = PhasePlan.Within(
                plan, _rows.Length, Math.Max(0, (end - _run.Elapsed).TotalSeconds), secondsPerImage * meanCost, validationSeconds, minimumSteps: 100);
        }

        return new PhaseProgress
        {
            Plan = plan,
            EpochSteps = plan.StepsPerEpoch,
            Deadline = deadline,
            ValidationSeconds = validationSeconds,
            LearningRateScale = LearningRateScale,
            Costs = [.. _costs.Select(entry => new SizeCost(entry.Key.Height, entry.Key.Width, entry.Value))],
        };
    }

    private void Replan(PhaseProgress progress, double secondsLeft, int pass)
    {
        // Where validation proves slow, fewer epochs bring the schedules to their end in time.
        if (progress.ValidationSeconds > 0)
            progress.Plan = progress.Plan with { Epochs = Math.Min(progress.Plan.Epochs, progress.Epoch + (int)Math.Max(1, secondsLeft / 2 / progress.ValidationSeconds)) };
        int epochsLeft = progress.Plan.Epochs - progress.Epoch;
        double costLeft = CostLeft();
        // Steps that prove cheaper than measured at first make room for more epochs; in the second half that would raise the learning rate again.
        if (2 * progress.Epoch <= progress.Plan.Epochs)
        {
            int passes = progress.Trained.PassesWithin(secondsLeft, progress.Plan.BatchSize, costLeft / epochsLeft, pass, progress.ValidationSeconds);
            if (passes > epochsLeft && progress.Plan.Epochs < _run.Options.Epochs)
            {
                progress.Plan = progress.Plan with { Epochs = Math.Min(progress.Epoch + passes, _run.Options.Epochs) };
                epochsLeft = progress.Plan.Epochs - progress.Epoch;
                costLeft = CostLeft();
            }
        }

        progress.EpochSteps = progress.Trained.StepsWithin(secondsLeft - epochsLeft * progress.ValidationSeconds, progress.Plan.BatchSize, costLeft, pass);

        double CostLeft() => Enumerable.Range(progress.Epoch, epochsLeft).Sum(later => Cost(later, progress.Plan.Epochs));
    }

    private void RunEpoch(PhaseProgress progress, TimeSpan start)
    {
        _network.train(!_run.Options.FreezeBackbone);
        var clock = Stopwatch.StartNew();
        int epoch = progress.Epoch, epochs = progress.Plan.Epochs;
        TimeSpan? lastStep = progress.Deadline - TimeSpan.FromSeconds(progress.ValidationSeconds);
        using var meter = new EpochMeter(_run.Device, progress.Sums);
        var sampler = new BatchSampler(_rows, progress.Plan.BatchSize, _run.Seed);
        IEnumerable<long[]> batches = sampler.Epoch(epoch, progress.Step).Take(progress.EpochSteps - progress.Step);
        double learningRate = 0;
        foreach (LabelledBatch batch in _loader.Augmented(batches, stream: epoch, _run.Options.CutoutLength, firstPlace: progress.Step))
        {
            using (batch)
            using (NewDisposeScope())
            {
                _run.SaveIfDue(Now);
                double done = (epoch + (double)progress.Step / progress.EpochSteps) / epochs;
                learningRate = LearningRate(done);
                Tensor images = _run.Options.ProgressiveResizing
                    ? ResizingSchedule.Apply(batch.Images, ResizingSchedule.Size(FullSize, epoch, epochs))
                    : batch.Images;
                meter.Add(_stepper.Step(images, batch.Labels, learningRate, _run.Options.DropPathProbability * done), batch.Labels);
            }

            progress.Step++;
            if (_run.ReportIsDue && progress.Step < progress.EpochSteps)
                _run.Report(Progress(progress, learningRate, meter));
            if (lastStep is { } limit && _run.Elapsed > limit)
                break;
        }

        double seconds = clock.Elapsed.TotalSeconds;
        TrainingProgress last = Progress(progress, LearningRate((double)epoch / epochs), meter) with { EpochEnd = true, Steps = progress.Step };
        (double Loss, double Accuracy)? held = _validation is { } validation ? Evaluate(validation.Loader, validation.Rows, Now) : null;
        _run.FinishEpoch(last with { ValidationLoss = held?.Loss, ValidationAccuracy = held?.Accuracy, Elapsed = _run.Elapsed });
        progress.Trained = progress.Trained.Plus(meter.Added, Cost(epoch, epochs), seconds);
        progress.ValidationSeconds = clock.Elapsed.TotalSeconds - seconds;
        if (held is { } measured)
            Judge(progress, measured);

        double LearningRate(double done)
            => progress.LearningRateScale * LearningRateSchedule.WarmUpCosine(_run.Options.LearningRate, _run.Options.LearningRateWarmUp, done);

        Checkpoint Now()
        {
            progress.Sums = meter.Sums;
            return Snapshot(progress, start);
        }
    }

    private (int Height, int Width) FullSize => (_network.Shape.ImageHeight, _network.Shape.ImageWidth);

    /// <summary>Cost of an epoch's picture relative to one of full size: measured, or its share of the pixels.</summary>
    private double Cost(int epoch, int epochs)
    {
        if (!_run.Options.ProgressiveResizing)
            return 1;
        (int Height, int Width) size = ResizingSchedule.Size(FullSize, epoch, epochs);
        return _costs.TryGetValue(size, out double measured) ? measured : (double)size.Height * size.Width / ((double)FullSize.Height * FullSize.Width);
    }
}
