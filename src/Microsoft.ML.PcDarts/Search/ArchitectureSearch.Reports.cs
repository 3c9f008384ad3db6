using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

internal sealed partial class ArchitectureSearch
{
    /// <summary>Measures one whole step (architecture and weights) on a supernet that is thrown away, so that measuring changes no result.</summary>
    /// <returns>Seconds that a picture costs in a whole step, and the share of the weights in them.</returns>
    private (double SecondsPerImage, double WeightShare) Measure(int batchSize)
    {
        const int MaximumMeasuredBatch = 16;
        int batch = Math.Min(batchSize, MaximumMeasuredBatch);
        using var probe = new ArchitectureSearch(_run, _loader, (_weightRows, _architectureRows), _shape);
        long[] rows = [.. _weightRows.Take(batch).Select(row => (long)row)];
        double? allowed = _run.SecondsLeft / 50;
        double architecture = double.PositiveInfinity, weights = double.PositiveInfinity;
        var whole = Stopwatch.StartNew();
        for (int repeat = 0; repeat < 3; repeat++)
        {
            using DisposeScope scope = NewDisposeScope();
            (Tensor images, Tensor labels) = _loader.LoadAugmented(rows, draw: 0);
            architecture = Math.Min(architecture, Seconds(() => probe._architect.Step(images, labels)));
            weights = Math.Min(weights, Seconds(() => probe._weights.Step(images, labels)));
            _run.ThrowIfCancelled();
            if (whole.Elapsed.TotalSeconds > allowed)
                break;
        }

        random.manual_seed(_run.Seed);
        return ((architecture + weights) / rows.Length, weights / (architecture + weights));

        static double Seconds(Func<Tensor> step)
        {
            var clock = Stopwatch.StartNew();
            step().sum().item<float>(); // waits for the device
            return clock.Elapsed.TotalSeconds;
        }
    }

    private TrainingProgress Progress(int epoch, int step, PhasePlan plan, double learningRate, EpochMeter meter)
    {
        double imagesLeft = (double)((plan.Epochs - epoch) * plan.StepsPerEpoch - step) * plan.BatchSize;
        return _run.Progress(TrainingPhase.Search, plan, epoch, step, learningRate, meter, imagesLeft);
    }

    private void FinishEpoch(int epoch, int step, PhasePlan plan, double learningRate, EpochMeter meter, EpochMeter architectureMeter)
    {
        (double loss, double accuracy)? held = architectureMeter.Count > 0 ? architectureMeter.Read() : null;
        TrainingProgress progress = Progress(epoch, step, plan, learningRate, meter);
        progress = progress with
        {
            EpochEnd = true,
            Steps = step,
            ValidationLoss = held?.loss,
            ValidationAccuracy = held?.accuracy,
            // A diverged search has no genotype; FinishEpoch says so.
            Genotype = double.IsFinite(progress.Loss!.Value) && double.IsFinite(held?.loss ?? 0) ? _architecture.Decode() : null,
        };
        _run.FinishEpoch(progress);
    }
}
