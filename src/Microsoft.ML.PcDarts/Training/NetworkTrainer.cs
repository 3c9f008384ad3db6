using System.Diagnostics;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>Trains a discovered network from scratch: SGD, cosine schedule, auxiliary loss, drop-path, label smoothing.</summary>
/// <remarks>Source: Xu et al. 2020, section 4.2 and train.py of the paper's code. Differs from PC-DARTS: the learning rate and the drop-path probability
/// move with every step instead of every epoch, and an option adds a linear warm-up.</remarks>
internal sealed partial class NetworkTrainer : IDisposable
{
    private readonly RunContext _run;
    private readonly BatchLoader _loader;
    private readonly int[] _rows;
    private readonly (BatchLoader Loader, int[] Rows)? _validation;
    private readonly DiscoveredNetwork _network;
    private readonly optim.Optimizer _optimizer;
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
        PcDartsTrainer.Options options = run.Options;
        _optimizer = optim.SGD(_network.parameters(), options.LearningRate, options.Momentum, weight_decay: options.WeightDecay, nesterov: options.Nesterov);
    }

    /// <summary>Trains to the end of the plan.</summary>
    /// <param name="secondsAvailable">Seconds that the training may take; null for no limit.</param>
    /// <returns>The trained weights.</returns>
    public TrainedNetwork Run(double? secondsAvailable)
    {
        TimeSpan start = _run.Elapsed;
        PhasePlan plan = PhasePlan.Full(_rows.Length, _run.Options.Epochs, _run.Options.BatchSize);
        TimeSpan? deadline = secondsAvailable is { } seconds ? start + TimeSpan.FromSeconds(seconds) : null;
        double validationSeconds = 0;
        if (deadline is { } end)
        {
            double secondsPerImage = MeasureSecondsPerImage(plan.BatchSize);
            validationSeconds = (_validation?.Rows.Length ?? 0) * secondsPerImage * ForwardShare;
            double meanCost = Enumerable.Range(0, plan.Epochs).Average(epoch => Cost(epoch, plan.Epochs));
            plan = PhasePlan.Within(
                plan, _rows.Length, Math.Max(0, (end - _run.Elapsed).TotalSeconds), secondsPerImage * meanCost, validationSeconds, minimumSteps: 100);
        }

        _run.Info($"Training: {plan.Epochs} epochs of {plan.StepsPerEpoch} steps of {plan.BatchSize} pictures.");
        double trainedImages = 0, trainedCost = 0, trainedSeconds = 0;
        int steps = plan.StepsPerEpoch, pass = PhasePlan.StepsOfPass(_rows.Length, plan.BatchSize);
        for (int epoch = 0; epoch < plan.Epochs; epoch++)
        {
            if (deadline is { } limit && epoch > 0)
            {
                double left = (limit - _run.Elapsed).TotalSeconds;
                if (left <= validationSeconds)
                {
                    _run.Warning($"Training ended after epoch {epoch} of {plan.Epochs}: the time budget is used up.");
                    break;
                }

                // Where validation proves slow, fewer epochs bring the schedules to their end in time.
                if (validationSeconds > 0)
                    plan = plan with { Epochs = Math.Min(plan.Epochs, epoch + (int)Math.Max(1, left / 2 / validationSeconds)) };
                int epochsLeft = plan.Epochs - epoch;
                left -= epochsLeft * validationSeconds;
                double costLeft = Enumerable.Range(epoch, epochsLeft).Sum(later => Cost(later, plan.Epochs));
                steps = (int)Math.Clamp(left * trainedCost / trainedSeconds / plan.BatchSize / costLeft, 1, pass);
            }

            (int images, double epochSeconds, double checkSeconds) = RunEpoch(
                epoch, plan with { StepsPerEpoch = steps }, deadline - TimeSpan.FromSeconds(validationSeconds));
            trainedImages += images;
            trainedCost += images * Cost(epoch, plan.Epochs);
            trainedSeconds += epochSeconds;
            validationSeconds = checkSeconds;
        }

        return new TrainedNetwork(_network.ExportWeights(), _run.Elapsed - start, trainedImages / trainedSeconds);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _network.Dispose();
    }

    private (int Images, double Seconds, double ValidationSeconds) RunEpoch(int epoch, PhasePlan plan, TimeSpan? deadline)
    {
        _network.train();
        var clock = Stopwatch.StartNew();
        using var meter = new EpochMeter(_run.Device);
        var sampler = new BatchSampler(_rows, plan.BatchSize, _run.Seed);
        int step = 0;
        double learningRate = 0, firstLearningRate = 0;
        foreach (LabelledBatch batch in _loader.Augmented(sampler.Epoch(epoch).Take(plan.StepsPerEpoch), stream: epoch, _run.Options.CutoutLength))
        {
            using (batch)
            using (NewDisposeScope())
            {
                _run.ThrowIfCancelled();
                double progress = (epoch + (double)step / plan.StepsPerEpoch) / plan.Epochs;
                learningRate = LearningRateSchedule.WarmUpCosine(_run.Options.LearningRate, _run.Options.LearningRateWarmUp, progress);
                if (step == 0)
                    firstLearningRate = learningRate;
                Tensor images = _run.Options.ProgressiveResizing
                    ? ResizingSchedule.Apply(batch.Images, ResizingSchedule.Size(FullSize, epoch, plan.Epochs))
                    : batch.Images;
                meter.Add(Step(images, batch.Labels, learningRate, _run.Options.DropPathProbability * progress), batch.Labels);
            }

            step++;
            if (_run.ReportIsDue && step < plan.StepsPerEpoch)
                _run.Report(Progress(epoch, step, plan, learningRate, meter));
            if (deadline is { } limit && _run.Elapsed > limit)
                break;
        }

        TrainingProgress last = Progress(epoch, step, plan, firstLearningRate, meter) with { EpochEnd = true, Steps = step };
        double seconds = clock.Elapsed.TotalSeconds;
        (double Loss, double Accuracy)? held = _validation is { } validation ? Evaluate(validation.Loader, validation.Rows) : null;
        _run.FinishEpoch(last with { ValidationLoss = held?.Loss, ValidationAccuracy = held?.Accuracy, Elapsed = _run.Elapsed });
        return (meter.Count, seconds, clock.Elapsed.TotalSeconds - seconds);
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

    private Tensor Step(Tensor images, Tensor labels, double learningRate, double dropPath)
    {
        foreach (var group in _optimizer.ParamGroups)
            group.LearningRate = learningRate;
        _optimizer.zero_grad();
        (Tensor logits, Tensor? auxiliary) = _network.Forward(images, dropPath);
        Tensor loss = nn.functional.cross_entropy(logits, labels, label_smoothing: _run.Options.LabelSmoothing);
        if (auxiliary is not null)
            loss += _run.Options.AuxiliaryWeight * nn.functional.cross_entropy(auxiliary, labels, label_smoothing: _run.Options.LabelSmoothing);
        loss.backward();
        GradientClipping.Clip(_network.parameters(), _run.Options.GradientClipNorm, _run.Device);
        _optimizer.step();
        return logits.detach();
    }
}
