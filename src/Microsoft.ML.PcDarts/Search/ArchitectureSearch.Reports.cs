using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

internal sealed partial class ArchitectureSearch
{
    /// <summary>Measures one whole step (architecture and weights) on a supernet that is thrown away, so that measuring changes no result.</summary>
    private double MeasureSecondsPerImage(int batchSize)
    {
        const int MaximumMeasuredBatch = 16;
        int batch = Math.Min(batchSize, MaximumMeasuredBatch);
        using var probe = new ArchitectureSearch(_run, _loader, (_weightRows, _architectureRows), _shape);
        double best = double.PositiveInfinity;
        for (int repeat = 0; repeat < 3; repeat++)
        {
            using DisposeScope scope = NewDisposeScope();
            var clock = Stopwatch.StartNew();
            (Tensor images, Tensor labels) = _loader.LoadAugmented(tensor(_weightRows.Take(batch).Select(row => (long)row).ToArray()));
            probe._architect.Step(images, labels);
            probe._weights.Step(images, labels).sum().item<float>(); // waits for the device
            best = Math.Min(best, clock.Elapsed.TotalSeconds / images.shape[0]);
            _run.ThrowIfCancelled();
        }

        random.manual_seed(_run.Seed);
        return best;
    }

    private TrainingProgress Progress(int epoch, int step, PhasePlan plan, double learningRate, EpochMeter meter)
    {
        double imagesLeft = (double)((plan.Epochs - epoch) * plan.StepsPerEpoch - step) * plan.BatchSize;
        return _run.Progress(TrainingPhase.Search, plan, epoch, step, learningRate, meter, imagesLeft);
    }

    private void FinishEpoch(int epoch, int step, PhasePlan plan, double learningRate, EpochMeter meter, EpochMeter architectureMeter)
    {
        (double loss, double accuracy)? held = architectureMeter.Count > 0 ? architectureMeter.Read() : null;
        TrainingProgress progress = Progress(epoch, step, plan, learningRate, meter) with
        {
            EpochEnd = true,
            Steps = step,
            ValidationLoss = held?.loss,
            ValidationAccuracy = held?.accuracy,
            Genotype = _architecture.Decode(),
        };
        _run.FinishEpoch(progress);
    }
}
