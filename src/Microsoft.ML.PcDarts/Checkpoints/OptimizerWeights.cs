using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>Copies what optimizers remember of the steps before to and from managed memory: the momentum of SGD, the moments and the step counter of Adam.</summary>
internal static class OptimizerWeights
{
    internal const string Momentum = "momentum.";
    private const string FirstMoment = "adam.exp_avg.";
    private const string SecondMoment = "adam.exp_avg_sq.";
    private const string Step = "adam.step.";

    /// <summary>Adds the optimizer's tensors; parameters that were never stepped have none.</summary>
    /// <param name="optimizer">SGD or Adam.</param>
    /// <param name="names">A name for each of its parameters, in order.</param>
    /// <param name="tensors">Receives the tensors.</param>
    public static void Export(OptimizerHelper optimizer, IReadOnlyList<string> names, IDictionary<string, TensorData> tensors)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach ((string name, OptimizerState state) in names.Zip(optimizer.state_dict().State))
        {
            switch (state)
            {
                case SGD.State { momentum_buffer: { } buffer }:
                    tensors.Add(Momentum + name, Copy(buffer));
                    break;
                case Adam.State { step: > 0 } adam:
                    tensors.Add(FirstMoment + name, Copy(adam.exp_avg));
                    tensors.Add(SecondMoment + name, Copy(adam.exp_avg_sq));
                    tensors.Add(Step + name, new TensorData([1], [adam.step]));
                    break;
            }
        }
    }

    /// <summary>Gives an optimizer the memory that <see cref="Export"/> copied.</summary>
    /// <param name="optimizer">A new optimizer of the same kind.</param>
    /// <param name="names">A name for each of its parameters, in order.</param>
    /// <param name="tensors">What was exported.</param>
    /// <param name="device">Where the parameters are.</param>
    public static void Import(OptimizerHelper optimizer, IReadOnlyList<string> names, IReadOnlyDictionary<string, TensorData> tensors, Device device)
    {
        foreach ((string name, OptimizerState state) in names.Zip(optimizer.state_dict().State))
        {
            switch (state)
            {
                case SGD.State sgd when tensors.TryGetValue(Momentum + name, out TensorData? buffer):
                    sgd.momentum_buffer?.Dispose();
                    sgd.momentum_buffer = Tensor(buffer);
                    break;
                case Adam.State adam when tensors.TryGetValue(Step + name, out TensorData? step):
                    adam.step = step.Longs[0];
                    adam.exp_avg?.Dispose();
                    adam.exp_avg_sq?.Dispose();
                    adam.exp_avg = Tensor(tensors[FirstMoment + name]);
                    adam.exp_avg_sq = Tensor(tensors[SecondMoment + name]);
                    break;
            }
        }

        Tensor Tensor(TensorData data) => tensor(data.Floats, data.Shape, device: device).DetachFromDisposeScope();
    }

    private static TensorData Copy(Tensor tensor)
    {
        using Tensor dense = tensor.detach().cpu().contiguous();
        return new TensorData(dense.shape, dense.data<float>().ToArray());
    }
}
