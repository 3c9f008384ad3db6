using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Networks.Supernets;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Networks.Supernets;

public sealed class ArchitectureParametersTests
{
    [Fact]
    public void Constructor_Values_AreSmallNormalNumbers()
    {
        using ArchitectureParameters architecture = new(new CellTopology(20), CPU, seed: 1);
        float[] alpha = NetworkComparison.Values(architecture.AlphaNormal);
        Assert.Equal(230 * 8, alpha.Length);
        Assert.Equal(230, NetworkComparison.Values(architecture.BetaReduce).Length);
        Assert.InRange(alpha.Average(), -1e-4, 1e-4);
        Assert.InRange(Math.Sqrt(alpha.Average(value => value * value)), 0.9e-3, 1.1e-3);
    }

    [Fact]
    public void Constructor_SameSeed_GivesSameValues()
    {
        using ArchitectureParameters first = new(new CellTopology(4), CPU, seed: 5);
        using ArchitectureParameters second = new(new CellTopology(4), CPU, seed: 5);
        using ArchitectureParameters other = new(new CellTopology(4), CPU, seed: 6);
        Assert.Equal(first.Tensors.SelectMany(NetworkComparison.Values), second.Tensors.SelectMany(NetworkComparison.Values));
        Assert.NotEqual(first.Tensors.SelectMany(NetworkComparison.Values), other.Tensors.SelectMany(NetworkComparison.Values));
    }

    [Fact]
    public void Constructor_GlobalGenerator_IsLeftAlone()
    {
        manual_seed(11);
        float[] expected = NetworkComparison.Values(rand(4));
        manual_seed(11);
        using ArchitectureParameters architecture = new(new CellTopology(4), CPU, seed: 5);
        Assert.Equal(expected, NetworkComparison.Values(rand(4)));
    }

    [Fact]
    public void RequiresGrad_Off_GivesNoGradientToAnyTensor()
    {
        using DisposeScope scope = NewDisposeScope();
        using ArchitectureParameters architecture = new(new CellTopology(2), CPU, seed: 5);
        Assert.True(architecture.RequiresGrad);
        Assert.All(architecture.Tensors, tensor => Assert.True(tensor.requires_grad && tensor.is_leaf));
        architecture.RequiresGrad = false;
        Assert.All(architecture.Tensors, tensor => Assert.False(tensor.requires_grad));
    }

    [Fact]
    public void Decode_StrongestEntries_AreTheGenotype()
    {
        using ArchitectureParameters architecture = new(new CellTopology(1), CPU, seed: 5);
        using (no_grad())
        {
            architecture.AlphaNormal[0, (int)Primitive.SepConv5x5] = 3;
            architecture.AlphaNormal[1, (int)Primitive.MaxPool3x3] = 2;
        }

        Genotype genotype = architecture.Decode();
        Assert.Equal(
            [new GenotypeEdge(Primitive.SepConv5x5, 0), new GenotypeEdge(Primitive.MaxPool3x3, 1)],
            genotype.Normal.OrderBy(edge => edge.Input));
    }
}
