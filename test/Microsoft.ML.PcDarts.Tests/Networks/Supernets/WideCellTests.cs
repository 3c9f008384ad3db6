using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Networks.Supernets;

/// <summary>Supernets in the wide form against the same supernets edge by edge.</summary>
public sealed class WideCellTests
{
    public static TheoryData<int, int, int, int, int, NetworkStem> Shapes => new()
    {
        { 16, 4, 4, 16, 16, NetworkStem.Cifar },
        { 8, 1, 2, 12, 12, NetworkStem.Cifar }, // every channel passes the operations
        { 8, 2, 3, 21, 13, NetworkStem.Cifar }, // odd sides
        { 8, 4, 1, 9, 11, NetworkStem.Cifar }, // one node
        { 12, 4, 5, 7, 10, NetworkStem.Cifar }, // five nodes; three channels pass the operations, so that the halves of a reduction differ
        { 8, 2, 2, 128, 81, NetworkStem.ImageNet },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_Float32_GivesWhatPerEdgeGives(int channels, int partialChannels, int nodes, int height, int width, NetworkStem stem)
        => AssertSame(Shape(channels, partialChannels, nodes, stem), height, width, ScalarType.Float32, 1e-4, 1e-3);

    // Rounding hides little here: α and β alone stay float32.
    [Theory]
    [MemberData(nameof(Shapes))]
    [InlineData(4, 4, 1, 9, 11, NetworkStem.Cifar)] // one channel: some gradients are 0 but for rounding
    public void Forward_Float64_GivesWhatPerEdgeGives(int channels, int partialChannels, int nodes, int height, int width, NetworkStem stem)
        => AssertSame(Shape(channels, partialChannels, nodes, stem), height, width, ScalarType.Float64, 1e-5, 1e-5);

    [Fact]
    public void Forward_OnlyArchitecture_GivesItsGradientsAndNoOthers()
    {
        using DisposeScope scope = NewDisposeScope();
        using Supernet supernet = new(Shape(8, 4, 2, NetworkStem.Cifar), CPU) { Form = CellForm.Wide };
        using ArchitectureParameters architecture = new(new CellTopology(2), CPU, seed: 3);
        Tensor images = randn(4, 3, 16, 16), labels = randint(0, 5, 4, ScalarType.Int64);
        SupernetPass all = SupernetPass.Run(supernet, architecture, images, labels);
        supernet.SetRequiresGrad(false);

        SupernetPass alone = SupernetPass.Run(supernet, architecture, images, labels);

        Assert.Equal(4, alone.Gradients.Count);
        foreach ((string key, float[] gradient) in alone.Gradients)
            NetworkComparison.AssertClose(all.Gradients[key], gradient, 1e-5, key);
        Assert.All(supernet.parameters(), parameter => Assert.True(parameter.grad is null));
    }

    [Fact]
    public void Forward_OnlyWeights_GivesTheirGradientsAndNoOthers()
    {
        using DisposeScope scope = NewDisposeScope();
        using Supernet supernet = new(Shape(8, 4, 2, NetworkStem.Cifar), CPU) { Form = CellForm.Wide };
        using ArchitectureParameters architecture = new(new CellTopology(2), CPU, seed: 3);
        Tensor images = randn(4, 3, 16, 16), labels = randint(0, 5, 4, ScalarType.Int64);
        SupernetPass all = SupernetPass.Run(supernet, architecture, images, labels);
        architecture.RequiresGrad = false;

        SupernetPass alone = SupernetPass.Run(supernet, architecture, images, labels);

        Assert.Equal(all.Gradients.Count - 4, alone.Gradients.Count);
        foreach ((string key, float[] gradient) in alone.Gradients)
            NetworkComparison.AssertClose(all.Gradients[key], gradient, 1e-5, key);
        Assert.All(architecture.Tensors, parameter => Assert.True(parameter.grad is null));
    }

    private static SupernetShape Shape(int channels, int partialChannels, int nodes, NetworkStem stem)
        => new() { InitialChannels = channels, Layers = 4, Classes = 5, Nodes = nodes, PartialChannels = partialChannels, Stem = stem };

    private static void AssertSame(SupernetShape shape, int height, int width, ScalarType type, double logitsTolerance,
        double gradientTolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        using Supernet wide = new(shape, CPU) { Form = CellForm.Wide }, perEdge = new(shape, CPU) { Form = CellForm.PerEdge };
        ModuleWeights.Import(perEdge, ModuleWeights.Export(wide));
        using ArchitectureParameters architecture = Spread(shape.Nodes);
        Tensor images = randn(6, 3, height, width), labels = randint(0, 5, 6, ScalarType.Int64);
        // A pass before the cast: the running statistics that it leaves are other tensors after it.
        wide.Forward(images, architecture);
        perEdge.Forward(images, architecture);
        wide.to(type);
        perEdge.to(type);
        images = images.to(type);

        SupernetPass.Run(wide, architecture, images, labels)
            .AssertClose(SupernetPass.Run(perEdge, architecture, images, labels), logitsTolerance, gradientTolerance);
        NetworkComparison.AssertSameStatistics(perEdge, wide);

        // Every edge evaluates with statistics of its own, also after they were read from a file.
        Dictionary<string, TensorData> weights = Scramble(ModuleWeights.Export(wide));
        ModuleWeights.Import(wide, weights);
        ModuleWeights.Import(perEdge, weights);
        wide.eval();
        perEdge.eval();
        SupernetPass.Run(wide, architecture, images, labels)
            .AssertClose(SupernetPass.Run(perEdge, architecture, images, labels), logitsTolerance, gradientTolerance);
        NetworkComparison.AssertSameStatistics(perEdge, wide);
        wide.train();
        perEdge.train();
        wide.Forward(images, architecture);
        perEdge.Forward(images, architecture);
        NetworkComparison.AssertSameStatistics(perEdge, wide);
    }

    /// <summary>Values of α and β that tell edges and operations apart.</summary>
    private static ArchitectureParameters Spread(int nodes)
    {
        ArchitectureParameters architecture = new(new CellTopology(nodes), CPU, seed: 3);
        using IDisposable noGradient = no_grad();
        foreach (Tensor tensor in architecture.Tensors)
            tensor.mul_(1000);
        return architecture;
    }

    /// <summary>The same weights with running statistics that differ from edge to edge.</summary>
    private static Dictionary<string, TensorData> Scramble(IReadOnlyDictionary<string, TensorData> weights)
    {
        Random random = new(5);
        return weights.ToDictionary(entry => entry.Key, entry => entry.Key switch
        {
            _ when entry.Key.EndsWith("running_mean", StringComparison.Ordinal) => Draw(entry.Value, -0.5),
            _ when entry.Key.EndsWith("running_var", StringComparison.Ordinal) => Draw(entry.Value, 0.5),
            _ => entry.Value,
        });

        TensorData Draw(TensorData data, double minimum)
            => new(data.Shape, [.. data.Floats.Select(_ => (float)(minimum + random.NextDouble()))]);
    }
}
