using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <content>What a checkpoint of a search holds. Batches and augmentation follow from the seed and the steps done, and nothing else is random.</content>
internal sealed partial class ArchitectureSearch
{
    private const string SupernetPrefix = "supernet.";
    private static readonly string[] ArchitectureNames = ["alphas_normal", "alphas_reduce", "betas_normal", "betas_reduce"];

    private IReadOnlyList<string> WeightNames => [.. _supernet.named_parameters().Select(entry => entry.name)];

    private Dictionary<string, TensorData> Tensors()
    {
        Dictionary<string, TensorData> tensors = new(StringComparer.Ordinal);
        foreach ((string name, TensorData weights) in ModuleWeights.Export(_supernet))
            tensors.Add(SupernetPrefix + name, weights);
        foreach ((string name, torch.Tensor values) in ArchitectureNames.Zip(_architecture.Tensors))
        {
            using torch.Tensor dense = values.detach().cpu();
            tensors.Add(name, new TensorData(dense.shape, dense.data<float>().ToArray()));
        }

        OptimizerWeights.Export(_weights.Optimizer, WeightNames, tensors);
        OptimizerWeights.Export(_architect.Optimizer, ArchitectureNames, tensors);
        return tensors;
    }

    private void Restore(IReadOnlyDictionary<string, TensorData> tensors)
    {
        ModuleWeights.Import(_supernet, ModuleWeights.WithPrefix(tensors, SupernetPrefix));
        using (IDisposable noGradient = no_grad())
        {
            foreach ((string name, torch.Tensor target) in ArchitectureNames.Zip(_architecture.Tensors))
            {
                using torch.Tensor values = tensor(tensors[name].Floats, tensors[name].Shape);
                target.copy_(values);
            }
        }

        OptimizerWeights.Import(_weights.Optimizer, WeightNames, tensors, _run.Device);
        OptimizerWeights.Import(_architect.Optimizer, ArchitectureNames, tensors, _run.Device);
    }
}
