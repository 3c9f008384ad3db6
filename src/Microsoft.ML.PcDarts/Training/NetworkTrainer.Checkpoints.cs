using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <content>What a checkpoint of the final training holds. Batches and augmentation follow from the seed and the steps done; drop-path draws from torch's generator, whose state is kept.</content>
internal sealed partial class NetworkTrainer
{
    private const string NetworkPrefix = "network.";
    private const string BestPrefix = "best.";
    private const string RandomState = "random_state";

    private Checkpoint Snapshot(PhaseProgress progress, TimeSpan start)
    {
        progress.Elapsed = _run.Elapsed - start;
        Dictionary<string, TensorData> tensors = new(StringComparer.Ordinal);
        foreach ((string name, TensorData weights) in _network.ExportWeights())
            tensors.Add(NetworkPrefix + name, weights);
        foreach ((string name, TensorData weights) in _best ?? new Dictionary<string, TensorData>())
            tensors.Add(BestPrefix + name, weights);
        _stepper.Export(tensors);
        using Tensor generator = random.get_rng_state();
        tensors.Add(RandomState, new TensorData(generator.shape, generator.data<byte>().ToArray()));
        return _run.Checkpoint(TrainingPhase.Training, progress, tensors);
    }

    private void Restore(Checkpoint interrupted)
    {
        IReadOnlyDictionary<string, TensorData> tensors = interrupted.Tensors;
        _network.ImportWeights(ModuleWeights.WithPrefix(tensors, NetworkPrefix));
        _stepper.Import(tensors);
        if (interrupted.State.Progress.BestEpoch > 0)
            _best = ModuleWeights.WithPrefix(tensors, BestPrefix);
        foreach (SizeCost cost in interrupted.State.Progress.Costs)
            _costs[(cost.Height, cost.Width)] = cost.Cost;
        using Tensor generator = tensor(tensors[RandomState].Bytes, tensors[RandomState].Shape, dtype: ScalarType.Byte);
        random.set_rng_state(generator);
    }
}
