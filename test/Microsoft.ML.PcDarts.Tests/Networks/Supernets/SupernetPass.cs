using Microsoft.ML.PcDarts.Networks.Supernets;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Networks.Supernets;

/// <summary>Results of a forward and backward pass of a supernet: logits and every gradient by name, those of α and β too.</summary>
internal sealed record SupernetPass(float[] Logits, IReadOnlyDictionary<string, float[]> Gradients)
{
    public static SupernetPass Run(Supernet supernet, ArchitectureParameters architecture, Tensor images, Tensor labels)
    {
        foreach (Tensor parameter in supernet.parameters().Concat(architecture.Tensors))
            parameter.grad = null;
        Tensor logits = supernet.Forward(images, architecture);
        nn.functional.cross_entropy(logits, labels).backward();
        Dictionary<string, float[]> gradients = NetworkComparison.Gradients(supernet);
        foreach ((int index, Tensor parameter) in architecture.Tensors.Index())
        {
            if (parameter.grad is not null)
                gradients.Add($"architecture {index}", NetworkComparison.Values(parameter.grad));
        }

        return new SupernetPass(NetworkComparison.Values(logits), gradients);
    }

    public void AssertClose(SupernetPass expected, double logitsTolerance, double gradientTolerance)
    {
        NetworkComparison.AssertClose(expected.Logits, Logits, logitsTolerance, "logits");
        Assert.Equal(expected.Gradients.Keys.Order(), Gradients.Keys.Order());
        foreach ((string key, float[] gradient) in expected.Gradients)
            NetworkComparison.AssertClose(gradient, Gradients[key], gradientTolerance, key);
    }
}
