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
