using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Torch;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>Loading of the weights of a file into a supernet.</summary>
internal static class SupernetLoading
{
    /// <summary>Checks that every weight that a search for so many classes needs is there, with its shape, and no other.</summary>
    /// <exception cref="InvalidDataException">It is not so; the message names file and weight.</exception>
    public static void Check(this SupernetWeights weights, int classes)
    {
        using var probe = new Supernet(weights.Shape with { Classes = classes }, CPU);
        weights.CopyTo(probe);
    }

    /// <summary>Overwrites the weights of a supernet of the file's shape; its classifier only where it has as many classes.</summary>
    /// <exception cref="InvalidDataException">A weight is missing, has another shape, or is one too many; the message names file and
    /// weight.</exception>
    public static void CopyTo(this SupernetWeights weights, Supernet supernet)
    {
        IReadOnlyDictionary<string, TensorData> tensors = weights.Weights;
        if (weights.Shape.Classes != supernet.Shape.Classes)
        {
            tensors = ModuleWeights.Export(supernet).Where(entry => SupernetWeights.IsClassifier(entry.Key))
                .Concat(tensors.Where(entry => !SupernetWeights.IsClassifier(entry.Key)))
                .ToDictionary();
        }

        try
        {
            ModuleWeights.Import(supernet, tensors);
        }
        catch (ArgumentException mismatch)
        {
            throw weights.Unreadable(mismatch);
        }
    }

    /// <summary>Overwrites α and β, if the file has them.</summary>
    public static void CopyTo(this SupernetWeights weights, ArchitectureParameters architecture)
    {
        if (weights.HasArchitecture)
            architecture.Import(weights.Architecture);
    }
}
