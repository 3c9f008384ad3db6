using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Networks.Supernets;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Networks.Supernets;

public sealed class EdgeNormalizationTests
{
    [Fact]
    public void Weights_FourNodes_SumToOneOverEachNodesInputs()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(3);
        float[] beta = NetworkComparison.Values(randn(14));
        float[] weights = NetworkComparison.Values(EdgeNormalization.Weights(tensor(beta), new CellTopology(4)));

        int edge = 0;
        foreach (int inputs in (int[])[2, 3, 4, 5])
        {
            double sum = beta.Skip(edge).Take(inputs).Sum(value => Math.Exp(value));
            for (int i = edge; i < edge + inputs; i++)
                Assert.Equal(Math.Exp(beta[i]) / sum, weights[i], 5);
            edge += inputs;
        }

        Assert.Equal(edge, weights.Length);
    }
}
