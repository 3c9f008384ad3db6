using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Kernels;
using Microsoft.ML.PcDarts.Networks;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Tests.Networks.Supernets;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>Maps in bfloat16 with parameters, statistics, logits and gradients in float32: near the results of float32 maps.</summary>
public sealed class BFloat16Tests
{
    private const double LogitsTolerance = 5e-2;

    // Batch norms over few values make much of the 8 bits that a map has; gradients of something else differ by about 1.4.
    private const double GradientTolerance = 0.3;

    [Theory]
    [InlineData(nameof(CellForm.Wide), NetworkStem.Cifar)]
    [InlineData(nameof(CellForm.Wide), NetworkStem.ImageNet)]
    [InlineData(nameof(CellForm.PerEdge), NetworkStem.Cifar)]
    [InlineData(nameof(CellForm.PerEdge), NetworkStem.ImageNet)]
    public void Supernet_BFloat16_StaysNearFloat32(string form, NetworkStem stem)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        using Supernet supernet = new(Shape(stem), CPU) { Form = Enum.Parse<CellForm>(form) };
        using ArchitectureParameters architecture = new(new CellTopology(3), CPU, seed: 3);
        Tensor images = Images(stem), labels = randint(0, 5, 16, ScalarType.Int64);

        SupernetPass expected = SupernetPass.Run(supernet, architecture, images, labels);
        SupernetPass actual = SupernetPass.Run(supernet, architecture, images.to(ScalarType.BFloat16), labels);

        NetworkComparison.AssertClose(expected.Logits, actual.Logits, LogitsTolerance, "logits");
        AssertGradients(expected.Gradients, actual.Gradients);
        AssertFloat32(supernet, supernet.Forward(images.to(ScalarType.BFloat16), architecture));
        supernet.eval();
        NetworkComparison.AssertClose(
            NetworkComparison.Values(supernet.Forward(images, architecture)),
            NetworkComparison.Values(supernet.Forward(images.to(ScalarType.BFloat16), architecture)),
            LogitsTolerance, "evaluation logits");
    }

    [Fact]
    public void Supernet_Automatic_ComputesBFloat16InTheWideForm()
    {
        using DisposeScope scope = NewDisposeScope();
        using Supernet automatic = new(Shape(NetworkStem.Cifar), CPU), wide = new(Shape(NetworkStem.Cifar), CPU) { Form = CellForm.Wide };
        ModuleWeights.Import(wide, ModuleWeights.Export(automatic));
        using ArchitectureParameters architecture = new(new CellTopology(3), CPU, seed: 3);
        Tensor images = Images(NetworkStem.Cifar).to(ScalarType.BFloat16);

        Assert.False(CellKernels.Support(images));
        Assert.Equal(NetworkComparison.Values(wide.Forward(images, architecture)),
            NetworkComparison.Values(automatic.Forward(images, architecture)));
    }

    [Theory]
    [InlineData(nameof(KnownGenotypes.PcDartsCifar), NetworkStem.Cifar, 0)]
    [InlineData(nameof(KnownGenotypes.PcDartsCifar), NetworkStem.Cifar, 0.3)]
    [InlineData(nameof(KnownGenotypes.DartsV1), NetworkStem.ImageNet, 0.3)]
    [InlineData(nameof(KnownGenotypes.AmoebaNet), NetworkStem.Cifar, 0.3)]
    public void Network_BFloat16_StaysNearFloat32(string genotype, NetworkStem stem, double dropPath)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        Tensor images = Images(stem), labels = randint(0, 5, 16, ScalarType.Int64);
        NetworkShape shape = new()
        {
            InitialChannels = 8, Layers = 3, Classes = 5, Stem = stem, AuxiliaryHead = true, ImageHeight = (int)images.size(2),
            ImageWidth = (int)images.size(3),
        };
        using DiscoveredNetwork network = new((Genotype)typeof(KnownGenotypes).GetProperty(genotype)!.GetValue(null)!, shape,
            CPU)
        { UseKernels = false };

        (float[] Logits, Dictionary<string, float[]> Gradients) expected = Run(images), actual = Run(images.to(ScalarType.BFloat16));

        NetworkComparison.AssertClose(expected.Logits, actual.Logits, LogitsTolerance, "logits");
        AssertGradients(expected.Gradients, actual.Gradients);
        AssertFloat32(network, network.Forward(images.to(ScalarType.BFloat16)).Logits);
        network.eval();
        NetworkComparison.AssertClose(
            NetworkComparison.Values(network.Forward(images).Logits),
            NetworkComparison.Values(network.Forward(images.to(ScalarType.BFloat16)).Logits),
            LogitsTolerance, "evaluation logits");

        (float[], Dictionary<string, float[]>) Run(Tensor input)
        {
            manual_seed(2); // the same edges are dropped
            foreach (Tensor parameter in network.parameters())
                parameter.grad = null;
            (Tensor logits, Tensor? auxiliary) = network.Forward(input, dropPath);
            Assert.Equal(ScalarType.Float32, auxiliary!.dtype);
            (nn.functional.cross_entropy(logits, labels) + 0.4 * nn.functional.cross_entropy(auxiliary, labels)).backward();
            return ([.. NetworkComparison.Values(logits), .. NetworkComparison.Values(auxiliary)], NetworkComparison.Gradients(network));
        }
    }

    /// <summary>
    /// As large as CIFAR's first maps: there the tensor library has left these gradients unwritten on CPUs with bf16 instructions.
    /// </summary>
    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void DilatedConvolution_BFloat16ChannelsLast_HasTheGradientsOfFloat32(int kernel)
    {
        using DisposeScope scope = NewDisposeScope();
        using var convolution = Convolutions.Depthwise(4, kernel, stride: 1, dilation: 2);
        using var generator = new Generator(1);
        Tensor images = ChannelsLast.Of(randn([16, 4, 32, 32], generator: generator));

        NetworkComparison.AssertClose(WeightGradient(ScalarType.Float32), WeightGradient(ScalarType.BFloat16), LogitsTolerance,
            "weight gradient");

        float[] WeightGradient(ScalarType type)
        {
            convolution.weight.grad = null;
            convolution.Apply(images.to(type)).to(ScalarType.Float32).square().sum().backward();
            return NetworkComparison.Values(convolution.weight.grad!);
        }
    }

    private static SupernetShape Shape(NetworkStem stem) => new() { InitialChannels = 16, Layers = 3, Classes = 5, Nodes = 3, Stem = stem };

    private static Tensor Images(NetworkStem stem) => stem == NetworkStem.Cifar ? randn(16, 3, 16, 16) : randn(16, 3, 64, 64);

    /// <summary>Compares all gradients as one vector: single ones can be small sums of large terms.</summary>
    private static void AssertGradients(IReadOnlyDictionary<string, float[]> expected, IReadOnlyDictionary<string, float[]> actual)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        NetworkComparison.AssertClose(
            [.. expected.Keys.SelectMany(key => expected[key])], [.. expected.Keys.SelectMany(key => actual[key])],
            GradientTolerance, "gradients");
    }

    private static void AssertFloat32(nn.Module module, Tensor logits)
    {
        Assert.Equal(ScalarType.Float32, logits.dtype);
        Assert.All(module.parameters(), parameter => Assert.Equal(ScalarType.Float32, parameter.grad!.dtype));
        Assert.All(module.parameters(), parameter => Assert.Equal(ScalarType.Float32, parameter.dtype));
    }
}
