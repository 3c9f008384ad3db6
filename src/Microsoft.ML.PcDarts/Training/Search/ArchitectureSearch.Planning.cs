using Microsoft.ML.PcDarts.Runs;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Search;

/// <content>The plan of a search, and the step times that it rests on under a time budget.</content>
internal sealed partial class ArchitectureSearch
{
    private SearchProgress Plan(double? secondsAvailable)
    {
        RunClock clock = _journal.Clock;
        PhasePlan plan = PhasePlan.Full(_weightRows.Length, _settings.Epochs, _settings.BatchSize);
        double weightShare = 1;
        TimeSpan? deadline = secondsAvailable is { } seconds ? clock.Elapsed + TimeSpan.FromSeconds(seconds) : null;
        if (deadline is { } end)
        {
            (double secondsPerImage, weightShare) = Measure(plan.BatchSize);
            double meanCost = 1 - (1 - weightShare) * _settings.WarmUpEpochs / _settings.Epochs;
            double left = Math.Max(0, (end - clock.Elapsed).TotalSeconds);
            plan = PhasePlan.Within(plan, _weightRows.Length, left, secondsPerImage * meanCost, 0, PlanLimits.FewestSearchSteps);
        }

        return new SearchProgress
        {
            Plan = plan,
            EpochSteps = plan.StepsPerEpoch,
            WeightShare = weightShare,
            Deadline = deadline,
            LearningRateScale = LearningRateScale,
        };
    }

    /// <summary>
    /// Measures one whole step (architecture and weights) on a supernet that is thrown away, so that measuring changes no result.
    /// </summary>
    /// <returns>Seconds that a picture costs in a whole step, and the share of the weights in them.</returns>
    private (double SecondsPerImage, double WeightShare) Measure(int batchSize)
    {
        const int MaximumMeasuredBatch = 16;
        RunClock clock = _journal.Clock;
        using var probe = new ArchitectureSearch(_setup, _journal, _settings, _loader, (_weightRows, _architectureRows), _shape);
        long[] rows = [.. _weightRows.Take(Math.Min(batchSize, MaximumMeasuredBatch)).Select(row => (long)row)];
        double? allowed = clock.SecondsLeft / 50;
        double architecture = double.PositiveInfinity, weights = double.PositiveInfinity;
        TimeSpan start = clock.Elapsed;
        for (int repeat = 0; repeat < RecordedStep.RunsToMeasure; repeat++)
        {
            using DisposeScope scope = NewDisposeScope();
            (Tensor images, Tensor labels) = _loader.LoadAugmented(rows, draw: 0);
            architecture = Math.Min(architecture, Seconds(() => probe._architect.Step(images, labels)));
            weights = Math.Min(weights, Seconds(() => probe._weights.Step(images, labels)));
            _journal.Cancellation.ThrowIfRequested();
            if ((clock.Elapsed - start).TotalSeconds > allowed)
                break;
        }

        random.manual_seed(_setup.Seed);
        return ((architecture + weights) / rows.Length, weights / (architecture + weights));

        double Seconds(Func<Tensor> step)
        {
            TimeSpan began = clock.Elapsed;
            step().sum().item<float>(); // waits for the device
            return (clock.Elapsed - began).TotalSeconds;
        }
    }
}
