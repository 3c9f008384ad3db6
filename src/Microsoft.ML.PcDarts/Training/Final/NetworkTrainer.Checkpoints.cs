using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Runs;
using Microsoft.ML.PcDarts.Torch;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Final;

/// <content>What a checkpoint of the final training holds. Batches and augmentation follow from the seed and the steps done; drop-path draws from torch's generator, whose state is kept.</content>
internal sealed partial class NetworkTrainer
{
    private const string BestPrefix = "best.";
    private const string RandomState = "random_state";

    private Checkpoint Snapshot(PhaseProgress progress, TimeSpan start)
    {
        progress.Elapsed = _run.Elapsed - start;
        Dictionary<string, TensorData> tensors = new(StringComparer.Ordinal);
        _stepper.Export(tensors);
        foreach ((string name, TensorData weights) in _best ?? new Dictionary<string, TensorData>())
            tensors.Add(BestPrefix + name, weights);
        using Tensor generator = random.get_rng_state();
        tensors.Add(RandomState, new TensorData(generator.shape, generator.data<byte>().ToArray()));
        return _run.Checkpoint(TrainingPhase.Training, progress, tensors);
    }

    private void Restore(Checkpoint interrupted)
    {
        IReadOnlyDictionary<string, TensorData> tensors = interrupted.Tensors;
        _stepper.Import(tensors);
        if (interrupted.State.Progress.BestEpoch > 0)
            _best = ModuleWeights.WithPrefix(tensors, BestPrefix);
        foreach (SizeCost cost in interrupted.State.Progress.Costs)
            _costs[(cost.Height, cost.Width)] = cost.Cost;
        using Tensor generator = tensor(tensors[RandomState].Bytes, tensors[RandomState].Shape, dtype: ScalarType.Byte);
        random.set_rng_state(generator);
    }
}
