using CsCheck;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Tests.Networks.Supernets;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Kernels;

/// <summary>Networks whose cells the kernels compute, against the same networks computed by torch's own operations.</summary>
public sealed class CellKernelsTests
{
    public static TheoryData<int, int, int, int, int, NetworkStem> Supernets => new()
    {
        { 16, 4, 4, 32, 32, NetworkStem.Cifar },
        { 16, 1, 2, 16, 16, NetworkStem.Cifar }, // every channel passes the operations
        { 8, 2, 3, 21, 13, NetworkStem.Cifar }, // odd sides: padding, cut windows
        { 24, 8, 2, 12, 20, NetworkStem.Cifar }, // three channels pass the operations
        { 8, 4, 1, 9, 40, NetworkStem.Cifar }, // two channels, one node, five vectors a row
        { 8, 2, 2, 64, 48, NetworkStem.ImageNet },
    };

    [Theory]
    [MemberData(nameof(Supernets))]
    public void Supernet_Kernels_GiveWhatTorchGives(int channels, int partialChannels, int nodes, int height, int width, NetworkStem stem)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        SupernetShape shape = new()
        {
            InitialChannels = channels, Layers = 3, Classes = 5, Nodes = nodes, PartialChannels = partialChannels, Stem = stem,
        };
        using Supernet kernels = new(shape, CPU), torch = new(shape, CPU) { Form = CellForm.PerEdge };
        ModuleWeights.Import(torch, ModuleWeights.Export(kernels));
        using ArchitectureParameters architecture = new(new CellTopology(nodes), CPU, seed: 3);
        Tensor images = randn(6, 3, height, width), labels = randint(0, 5, 6, ScalarType.Int64);

        SupernetPass expected = SupernetPass.Run(torch, architecture, images, labels);
        SupernetPass actual = SupernetPass.Run(kernels, architecture, images, labels);

        actual.AssertClose(expected, 1e-4, 3e-3);
        NetworkComparison.AssertSameStatistics(torch, kernels);
        torch.eval();
        kernels.eval();
        float[] logits = NetworkComparison.Values(kernels.Forward(images, architecture));
        NetworkComparison.AssertClose(NetworkComparison.Values(torch.Forward(images, architecture)), logits, 1e-4, "evaluation logits");
    }

    [Fact]
    public void Supernet_OnlyArchitecture_GivesItsGradientsAndNoOthers()
    {
        using DisposeScope scope = NewDisposeScope();
        SupernetShape shape = new() { InitialChannels = 8, Layers = 3, Classes = 5, Nodes = 2 };
        using Supernet supernet = new(shape, CPU);
        using ArchitectureParameters architecture = new(new CellTopology(2), CPU, seed: 3);
        Tensor images = randn(4, 3, 16, 16), labels = randint(0, 5, 4, ScalarType.Int64);
        float[][] all = Run(weights: true);
        foreach (TorchSharp.Modules.Parameter parameter in supernet.parameters())
            parameter.grad = null;

        float[][] alone = Run(weights: false);

        foreach ((float[] first, float[] second) in all.Zip(alone))
            NetworkComparison.AssertClose(first, second, 1e-6, "architecture gradient");
        Assert.All(supernet.parameters(), parameter => Assert.True(parameter.grad is null));

        float[][] Run(bool weights)
        {
            foreach (Tensor parameter in architecture.Tensors)
                parameter.grad = null;
            supernet.SetRequiresGrad(weights);
            nn.functional.cross_entropy(supernet.Forward(images, architecture), labels).backward();
            return [.. architecture.Tensors.Select(parameter => NetworkComparison.Values(parameter.grad!))];
        }
    }

    public static TheoryData<string, int, int, double> Shapes => new()
    {
        { nameof(KnownGenotypes.PcDartsCifar), 32, 32, 0 },
        { nameof(KnownGenotypes.PcDartsCifar), 19, 27, 0.4 },
        { nameof(KnownGenotypes.DartsV1), 16, 24, 0.3 },
        { nameof(KnownGenotypes.DartsV2), 20, 20, 0 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Network_Kernels_GiveWhatTorchGives(string genotype, int height, int width, double dropPath)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        NetworkShape shape = new()
        {
            InitialChannels = 6, Layers = 3, Classes = 5, AuxiliaryHead = true, ImageHeight = height, ImageWidth = width,
        };
        Genotype found = (Genotype)typeof(KnownGenotypes).GetProperty(genotype)!.GetValue(null)!;
        using DiscoveredNetwork kernels = new(found, shape, CPU), torch = new(found, shape, CPU) { UseKernels = false };
        ModuleWeights.Import(torch, ModuleWeights.Export(kernels));
        Tensor images = empty(0), labels = randint(0, 5, 8, ScalarType.Int64);

        // Where rounding moves a value over the kink of a ReLU or a maximum, the gradients of these images jump; three draws do not all
        // meet one.
        Assert.True(Enumerable.Range(1, 3).Min(Error) <= 3e-3);
        NetworkComparison.AssertSameStatistics(torch, kernels);
        torch.eval();
        kernels.eval();
        float[] logits = NetworkComparison.Values(kernels.Forward(images).Logits);
        NetworkComparison.AssertClose(NetworkComparison.Values(torch.Forward(images).Logits), logits, 1e-4, "evaluation logits");

        double Error(int draw)
        {
            using var generator = new Generator((ulong)draw);
            images = randn([8, 3, height, width], generator: generator);
            (float[] Logits, Dictionary<string, float[]> Gradients) expected = Run(torch), actual = Run(kernels);
            NetworkComparison.AssertClose(expected.Logits, actual.Logits, 1e-4, "logits");
            return expected.Gradients.Max(entry => Golden.RelativeError(actual.Gradients[entry.Key], entry.Value));
        }

        (float[], Dictionary<string, float[]>) Run(DiscoveredNetwork network)
        {
            network.zero_grad();
            manual_seed(2);
            (Tensor logits, Tensor? auxiliary) = network.Forward(images, dropPath);
            (nn.functional.cross_entropy(logits, labels) + 0.4 * nn.functional.cross_entropy(auxiliary!, labels)).backward();
            return (NetworkComparison.Values(logits), NetworkComparison.Gradients(network));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    public void Network_MemorySaving_GivesTheSameBits(double dropPath)
    {
        Assert.Equal(Run(memorySaving: false), Run(memorySaving: true));

        float[] Run(bool memorySaving)
        {
            using DisposeScope scope = NewDisposeScope();
            manual_seed(5);
            NetworkShape shape = new() { InitialChannels = 8, Layers = 3, Classes = 3, ImageHeight = 16, ImageWidth = 16 };
            using DiscoveredNetwork network = new(KnownGenotypes.PcDartsCifar, shape, CPU) { MemorySaving = memorySaving };
            network.Forward(randn(16, 3, 16, 16), dropPath).Logits.square().sum().backward();
            IEnumerable<float> weights = ModuleWeights.Export(network).Values.SelectMany(data => data.Floats);
            return [.. weights, .. NetworkComparison.Gradients(network).Values.SelectMany(gradient => gradient)];
        }
    }

    [Fact]
    public void Supernet_MemorySaving_GivesTheSameBits()
    {
        Assert.Equal(Run(memorySaving: false), Run(memorySaving: true));

        static float[] Run(bool memorySaving)
        {
            using DisposeScope scope = NewDisposeScope();
            manual_seed(5);
            SupernetShape shape = new() { InitialChannels = 8, Layers = 3, Classes = 5, Nodes = 3 };
            using Supernet supernet = new(shape, CPU) { MemorySaving = memorySaving };
            using ArchitectureParameters architecture = new(new CellTopology(3), CPU, seed: 3);
            supernet.Forward(randn(4, 3, 12, 12), architecture).square().sum().backward();
            IEnumerable<float> weightGradients = NetworkComparison.Gradients(supernet).Values.SelectMany(gradient => gradient);
            return [.. weightGradients, .. architecture.Tensors.SelectMany(parameter => NetworkComparison.Values(parameter.grad!))];
        }
    }

    [Fact]
    public void Forward_TwiceBeforeBackward_GivesBothGradients()
    {
        using DisposeScope scope = NewDisposeScope();
        NetworkShape shape = new() { InitialChannels = 4, Layers = 2, Classes = 3, ImageHeight = 8, ImageWidth = 8 };
        using DiscoveredNetwork network = new(KnownGenotypes.PcDartsCifar, shape, CPU);
        Tensor first = randn(4, 3, 8, 8), second = randn(4, 3, 8, 8);
        Loss(first).backward();
        Loss(second).backward();
        Dictionary<string, float[]> expected = NetworkComparison.Gradients(network);
        foreach (TorchSharp.Modules.Parameter parameter in network.parameters())
            parameter.grad = null;

        (Loss(first) + Loss(second)).backward();

        foreach ((string key, float[] gradient) in expected)
            NetworkComparison.AssertClose(gradient, NetworkComparison.Gradients(network)[key], 1e-4, key);

        Tensor Loss(Tensor images) => network.Forward(images).Logits.square().sum();
    }

    [Fact]
    public void Step_RunTwice_GivesTheSameBits()
    {
        int threads = get_num_threads();
        try
        {
            Assert.Equal(Run(2), Run(2));
        }
        finally
        {
            set_num_threads(threads);
        }

        static float[] Run(int threads)
        {
            using DisposeScope scope = NewDisposeScope();
            set_num_threads(threads);
            manual_seed(5);
            NetworkShape shape = new() { InitialChannels = 8, Layers = 3, Classes = 3, ImageHeight = 16, ImageWidth = 16 };
            using DiscoveredNetwork network = new(KnownGenotypes.PcDartsCifar, shape, CPU);
            network.Forward(randn(16, 3, 16, 16)).Logits.square().sum().backward();
            return [.. NetworkComparison.Gradients(network).Values.SelectMany(gradient => gradient)];
        }
    }

    [Fact]
    public void Convolution_AnyKernelDilationAndStride_EqualsTorch()
    {
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 3].Select(half => 2 * half + 1), Gen.Int[1, 2], Gen.Int[1, 2])
            .Where((_, _, kernel, dilation, _) => kernel < 7 || dilation == 1)
            .Sample((height, width, kernel, dilation, stride) =>
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor plane = randn(1, 1, height, width), weight = randn([1, 1, kernel, kernel], requires_grad: true);
                int padding = kernel / 2 * dilation;
                Tensor expected = nn.functional.conv2d(
                    plane, weight, null, [stride, stride], [padding, padding], [dilation, dilation]);
                float[] actual = KernelPlanes.Convolve(plane, weight, dilation, stride);
                Assert.True(Golden.RelativeError(actual, NetworkComparison.Values(expected.detach())) < 1e-5);
                Tensor gradient = randn_like(expected.detach());
                (expected * gradient).sum().backward();
                float[] weightGradient = NetworkComparison.Values(weight.grad!);
                float[] actualGradient = KernelPlanes.WeightGradient(plane, gradient, kernel, dilation, stride);
                Assert.True(Golden.RelativeError(actualGradient, weightGradient) < 1e-4);
            }, iter: 300, threads: 1);
    }
}
