using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Runs;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Final;

/// <content>
/// Tensors of a checkpoint. Batches and augmentation follow from the seed and the steps done; drop-path draws from torch's generator, whose
/// state is kept.
/// </content>
internal sealed partial class NetworkTrainer
{
    private const string BestPrefix = "best.";
    private const string RandomState = "random_state";

    private Checkpoint Snapshot(FinalProgress progress, TimeSpan start)
    {
        progress.Elapsed = _journal.Clock.Elapsed - start;
        Dictionary<string, TensorData> tensors = new(StringComparer.Ordinal);
        _stepper.Export(tensors);
        foreach ((string name, TensorData weights) in _best ?? new Dictionary<string, TensorData>())
            tensors.Add(BestPrefix + name, weights);
        using Tensor generator = random.get_rng_state();
        tensors.Add(RandomState, new TensorData(generator.shape, generator.data<byte>().ToArray()));
        return _journal.Checkpoint(progress, tensors, _found, _network.Shape);
    }

    private FinalProgress Resume(Checkpoint interrupted)
    {
        var progress = (FinalProgress)interrupted.State.Progress;
        IReadOnlyDictionary<string, TensorData> tensors = interrupted.Tensors;
        _stepper.Import(tensors);
        if (progress.BestEpoch > 0)
            _best = TensorNames.WithPrefix(tensors, BestPrefix);
        foreach (SizeCost cost in progress.Costs)
            _costs[(cost.Height, cost.Width)] = cost.Cost;
        TensorData state = tensors[RandomState];
        using Tensor generator = tensor(state.Bytes, state.Shape, dtype: ScalarType.Byte);
        random.set_rng_state(generator);
        progress.LearningRateScale = Math.Min(progress.LearningRateScale, LearningRateScale);
        return progress;
    }
}
