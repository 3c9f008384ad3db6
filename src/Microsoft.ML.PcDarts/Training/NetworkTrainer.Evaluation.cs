using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

internal sealed partial class NetworkTrainer
{
    private const int EvaluationBatch = 256;

    /// <summary>Share of a training step's time that its forward pass takes, for planning before the first validation is measured.</summary>
    private const double ForwardShare = 0.35;

    private (double Loss, double Accuracy) Evaluate(BatchLoader loader, int[] rows)
    {
        _network.eval();
        using IDisposable noGrad = no_grad();
        using var meter = new EpochMeter(_run.Device);
        foreach (int[] batch in rows.Chunk(EvaluationBatch))
        {
            _run.ThrowIfCancelled();
            using DisposeScope scope = NewDisposeScope();
            (Tensor images, Tensor labels) = loader.Load(tensor(batch.Select(row => (long)row).ToArray()));
            meter.Add(_network.Forward(images).Logits, labels);
        }

        return meter.Read();
    }

    /// <summary>Measures one step on a network that is thrown away, so that measuring changes no result.</summary>
    private double MeasureSecondsPerImage(int batchSize)
    {
        using var probe = new NetworkTrainer(_run, _loader, _rows, null, _network.Genotype, _network.Shape);
        probe._network.train();
        double best = double.PositiveInfinity;
        for (int repeat = 0; repeat < 3; repeat++)
        {
            using DisposeScope scope = NewDisposeScope();
            var clock = Stopwatch.StartNew();
            (Tensor images, Tensor labels) = _loader.LoadAugmented(tensor(_rows.Take(batchSize).Select(row => (long)row).ToArray()));
            probe.Step(images, labels, _run.Options.LearningRate, dropPath: 0).sum().item<float>(); // waits for the device
            best = Math.Min(best, clock.Elapsed.TotalSeconds / images.shape[0]);
            _run.ThrowIfCancelled();
        }

        random.manual_seed(_run.Seed);
        return best;
    }

    private TrainingProgress Progress(int epoch, int step, PhasePlan plan, double learningRate, EpochMeter meter, Stopwatch clock)
    {
        (double loss, double accuracy) = meter.Read();
        double imagesPerSecond = meter.Count / clock.Elapsed.TotalSeconds;
        double imagesLeft = (double)((plan.Epochs - epoch) * plan.StepsPerEpoch - step) * plan.BatchSize;
        return new TrainingProgress
        {
            Phase = TrainingPhase.Training,
            Epoch = epoch + 1,
            Epochs = plan.Epochs,
            Step = step,
            Steps = plan.StepsPerEpoch,
            Loss = loss,
            Accuracy = accuracy,
            LearningRate = learningRate,
            ImagesPerSecond = imagesPerSecond,
            Elapsed = _run.Elapsed,
            Remaining = TimeSpan.FromSeconds(imagesLeft / imagesPerSecond),
        };
    }
}
