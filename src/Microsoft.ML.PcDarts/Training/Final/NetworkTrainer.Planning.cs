using System.Globalization;
using Microsoft.ML.PcDarts.Optimizers;
using Microsoft.ML.PcDarts.Runs;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Final;

/// <content>The plan of a training under a time budget, the step times that it rests on, and the size of the network.</content>
internal sealed partial class NetworkTrainer
{
    /// <summary>
    /// Share of a training step's time that its forward pass takes, for planning before the first validation is measured.
    /// </summary>
    private const double ForwardShare = 0.35;

    private const int MaximumMeasuredBatch = 48;

    /// <summary>
    /// The largest network that the time allows to be trained for <see cref="PlanLimits.FewestPasses"/> passes, or the smallest candidate.
    /// </summary>
    /// <param name="setup">Device and seed.</param>
    /// <param name="journal">Clock with the budget, and log.</param>
    /// <param name="settings">Length, optimizer, losses and rules.</param>
    /// <param name="data">Pictures to train on.</param>
    /// <param name="found">Result of the search.</param>
    /// <param name="wanted">The shape that the options ask for: the largest candidate.</param>
    public static NetworkShape FitToTime(
        RunSetup setup, RunJournal journal, FinalSettings settings, FinalData data, SearchResult found, NetworkShape wanted)
    {
        double passes = Math.Min(PlanLimits.FewestPasses, settings.Epochs);
        NetworkShape[] candidates = [.. Smaller(wanted)];
        foreach (NetworkShape shape in candidates)
        {
            using var trainer = new NetworkTrainer(setup, journal, settings, data with { Validation = null }, found, shape);
            double meanCost = trainer.MeanCost(settings.Epochs);
            double secondsPerPass = trainer.MeasureSecondsPerImage(settings.BatchSize) * meanCost * data.Rows.Length;
            double affordable = journal.Clock.SecondsLeft!.Value / secondsPerPass;
            journal.Log.Info(string.Create(CultureInfo.InvariantCulture,
                $"Network of {shape.InitialChannels} channels and {shape.Layers} cells: {affordable:F1} passes over {data.Rows.Length} "
                    + $"pictures fit into the time."));
            if (affordable >= passes)
                return shape;
        }

        return candidates[^1];
    }

    /// <summary>The wanted shape, then fewer cells, then fewer channels.</summary>
    private static IEnumerable<NetworkShape> Smaller(NetworkShape wanted)
    {
        yield return wanted;
        int layers = Math.Max(Math.Min(wanted.Layers, 3), (wanted.Layers * 5 + 7) / 8);
        if (layers < wanted.Layers)
            yield return wanted with { Layers = layers };
        // Even, because the ImageNet stem halves them.
        foreach (int channels in (int[])[wanted.InitialChannels * 3 / 4 & ~1, wanted.InitialChannels / 2 & ~1])
        {
            if (channels >= 8)
                yield return wanted with { Layers = layers, InitialChannels = channels };
        }
    }

    private FinalProgress Plan(double? secondsAvailable)
    {
        RunClock clock = _journal.Clock;
        PhasePlan plan = PhasePlan.Full(_data.Rows.Length, _settings.Epochs, _settings.BatchSize);
        TimeSpan? deadline = secondsAvailable is { } seconds ? clock.Elapsed + TimeSpan.FromSeconds(seconds) : null;
        double validationSeconds = 0;
        if (deadline is { } end)
        {
            double secondsPerImage = MeasureSecondsPerImage(plan.BatchSize);
            validationSeconds = _data.ValidationCount * secondsPerImage * ForwardShare;
            double meanCost = MeanCost(plan.Epochs);
            double left = Math.Max(0, (end - clock.Elapsed).TotalSeconds);
            plan = PhasePlan.Within(
                plan, _data.Rows.Length, left, secondsPerImage * meanCost, validationSeconds, PlanLimits.FewestTrainingSteps);
        }

        return new FinalProgress
        {
            Plan = plan,
            EpochSteps = plan.StepsPerEpoch,
            Deadline = deadline,
            ValidationSeconds = validationSeconds,
            LearningRateScale = LearningRateScale,
            Costs = [.. _costs.Select(entry => new SizeCost(entry.Key.Height, entry.Key.Width, entry.Value))],
        };
    }

    private void Replan(FinalProgress progress, double secondsLeft)
    {
        int pass = PhasePlan.StepsOfPass(_data.Rows.Length, progress.Plan.BatchSize);
        // Where validation proves slow, fewer epochs bring the schedules to their end in time.
        if (progress.ValidationSeconds > 0)
        {
            int affordable = progress.Epoch + (int)Math.Max(1, secondsLeft / 2 / progress.ValidationSeconds);
            progress.Plan = progress.Plan with { Epochs = Math.Min(progress.Plan.Epochs, affordable) };
        }

        int epochsLeft = progress.Plan.Epochs - progress.Epoch;
        double costLeft = CostLeft();
        // Steps that prove cheaper than measured at first make room for more epochs; in the second half that would raise the learning rate
        // again.
        if (2 * progress.Epoch <= progress.Plan.Epochs)
        {
            int passes = progress.Trained.PassesWithin(
                secondsLeft, progress.Plan.BatchSize, costLeft / epochsLeft, pass, progress.ValidationSeconds);
            if (passes > epochsLeft && progress.Plan.Epochs < _settings.Epochs)
            {
                progress.Plan = progress.Plan with { Epochs = Math.Min(progress.Epoch + passes, _settings.Epochs) };
                epochsLeft = progress.Plan.Epochs - progress.Epoch;
                costLeft = CostLeft();
            }
        }

        double secondsOfSteps = secondsLeft - epochsLeft * progress.ValidationSeconds;
        progress.EpochSteps = progress.Trained.StepsWithin(secondsOfSteps, progress.Plan.BatchSize, costLeft, pass);

        double CostLeft() => Enumerable.Range(progress.Epoch, epochsLeft).Sum(later => Cost(later, progress.Plan.Epochs));
    }

    private double MeanCost(int epochs) => Enumerable.Range(0, epochs).Average(epoch => Cost(epoch, epochs));

    /// <summary>
    /// Measures steps on a network that is thrown away, so that measuring changes no result: those of the full size, and the cost of a step
    /// at each smaller size, which is not simply its share of the pixels.
    /// </summary>
    private double MeasureSecondsPerImage(int batchSize)
    {
        RunClock clock = _journal.Clock;
        long[] rows = [.. _data.Rows.Take(Math.Min(batchSize, MaximumMeasuredBatch)).Select(row => (long)row)];
        TimeSpan start = clock.Elapsed;
        double? allowed = clock.SecondsLeft / 100;
        using var probe = new NetworkTrainer(_setup, _journal, _settings, _data with { Validation = null }, _found, _network.Shape);
        probe._network.train(!_settings.FreezeBackbone);
        double full = Best(FullSize, RecordedStep.RunsToMeasure);
        foreach ((int Height, int Width) size in _settings.ProgressiveResizing ? ResizingSchedule.Sizes(FullSize) : [])
        {
            if (size != FullSize && !TimeIsUp())
                _costs[size] = Math.Min(1, Best(size, RecordedStep.RunsToMeasure) / full);
        }

        random.manual_seed(_setup.Seed);
        return full;

        bool TimeIsUp() => (clock.Elapsed - start).TotalSeconds > allowed;

        double Best((int Height, int Width) size, int repeats)
        {
            double best = double.PositiveInfinity;
            for (int repeat = 0; repeat < repeats && (repeat == 0 || !TimeIsUp()); repeat++)
            {
                using DisposeScope scope = NewDisposeScope();
                TimeSpan began = clock.Elapsed;
                (Tensor images, Tensor labels) = _data.Loader.LoadAugmented(rows, draw: 0);
                Tensor resized = ResizingSchedule.Apply(images, size);
                Tensor logits = probe._stepper.Step(resized, labels, _settings.Optimizer.LearningRate, dropPath: 0);
                logits.sum().item<float>(); // waits for the device
                best = Math.Min(best, (clock.Elapsed - began).TotalSeconds / images.shape[0]);
                _journal.Cancellation.ThrowIfRequested();
            }

            return best;
        }
    }
}
