using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Final;

internal sealed partial class NetworkTrainer
{
    private const int EvaluationBatch = 256;

    /// <summary>Share of a training step's time that its forward pass takes, for planning before the first validation is measured.</summary>
    private const double ForwardShare = 0.35;

    private (double Loss, double Accuracy) Evaluate(BatchLoader loader, int[] rows, Func<Checkpoint> snapshot)
    {
        _network.eval();
        using IDisposable noGrad = no_grad();
        using var meter = new EpochMeter(_run.Device);
        foreach (int[] batch in rows.Chunk(EvaluationBatch))
        {
            _run.ThrowIfCancelled(snapshot);
            using DisposeScope scope = NewDisposeScope();
            (Tensor images, Tensor labels) = loader.Load(Array.ConvertAll(batch, row => (long)row));
            meter.Add(_network.Forward(images).Logits, labels);
        }

        return meter.Read();
    }

    private TrainingProgress Progress(PhaseProgress progress, double learningRate, EpochMeter meter)
    {
        // Later pictures are larger; they count as so many more of this epoch's.
        (int epoch, PhasePlan plan) = (progress.Epoch, progress.Plan);
        double laterCost = Enumerable.Range(epoch + 1, plan.Epochs - epoch - 1).Sum(later => Cost(later, plan.Epochs)) / Cost(epoch, plan.Epochs);
        double imagesLeft = (progress.EpochSteps - progress.Step + laterCost * progress.EpochSteps) * plan.BatchSize;
        return _run.Progress(TrainingPhase.Training, progress, learningRate, meter, imagesLeft);
    }
}
