using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Networks.Supernets;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Networks.Supernets;

public sealed class SupernetTests
{
    public static TheoryData<int, int, NetworkStem> Sides => new()
    {
        { 1, 1, NetworkStem.Cifar }, { 5, 7, NetworkStem.Cifar }, { 33, 17, NetworkStem.Cifar },
        { 1, 1, NetworkStem.ImageNet }, { 5, 7, NetworkStem.ImageNet }, { 33, 17, NetworkStem.ImageNet },
    };

    [Theory]
    [MemberData(nameof(Sides))]
    public void Forward_OddSides_GivesLogitsAndGradients(int height, int width, NetworkStem stem)
        => AssertTrains(new SupernetShape { InitialChannels = 8, Layers = 3, Classes = 3, Stem = stem, Nodes = 2 }, height, width);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Forward_AnyNodes_GivesLogitsAndGradients(int nodes)
        => AssertTrains(new SupernetShape { InitialChannels = 4, Layers = 3, Classes = 3, Nodes = nodes }, 8, 8);

    [Theory]
    [InlineData(1, 8)]
    [InlineData(2, 8)]
    [InlineData(4, 8)]
    [InlineData(8, 8)]
    [InlineData(8, 24)] // three channels pass the operations: FactorizedReduce splits 2 + 1
    public void Forward_AnyPartialChannels_GivesLogitsAndGradients(int partialChannels, int channels)
        => AssertTrains(
            new SupernetShape { InitialChannels = channels, Layers = 3, Classes = 3, Nodes = 2, PartialChannels = partialChannels }, 8, 8);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Forward_FewLayers_GivesLogitsAndGradients(int layers)
        => AssertTrains(new SupernetShape { InitialChannels = 4, Layers = layers, Classes = 3, Nodes = 2 }, 8, 8);

    [Fact]
    public void Constructor_ChannelsNotDivisible_NamesBothOptions()
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(
            () => new Supernet(new SupernetShape { InitialChannels = 18, Layers = 3, Classes = 3 }, CPU));
        Assert.Contains("InitialChannels 18 must be divisible by PartialChannels 4", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 3, 2, 4, 4, "InitialChannels")]
    [InlineData(8, 0, 2, 4, 4, "Layers")]
    [InlineData(8, 3, 0, 4, 4, "Classes")]
    [InlineData(8, 3, 2, 0, 4, "Nodes")]
    [InlineData(8, 3, 2, 4, 0, "PartialChannels")]
    public void Constructor_ShapeOutOfRange_NamesTheOption(int channels, int layers, int classes, int nodes, int partialChannels,
        string option)
    {
        SupernetShape shape = new()
        {
            InitialChannels = channels, Layers = layers, Classes = classes, Nodes = nodes, PartialChannels = partialChannels,
        };
        Assert.Equal(option, Assert.Throws<ArgumentOutOfRangeException>(() => new Supernet(shape, CPU)).ParamName);
    }

    [Fact]
    public void Forward_SameSeed_GivesSameLogits()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = rand(2, 3, 8, 8);
        Assert.Equal(Logits(), Logits());

        float[] Logits()
        {
            manual_seed(3);
            using Supernet supernet = new(new SupernetShape { InitialChannels = 4, Layers = 3, Classes = 3, Nodes = 2 }, CPU);
            using ArchitectureParameters architecture = new(new CellTopology(2), CPU, seed: 1);
            return NetworkComparison.Values(supernet.Forward(images, architecture));
        }
    }

    [Fact]
    public void Training_OneBatch_IsLearnedByHeart()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        using Supernet supernet = new(new SupernetShape { InitialChannels = 8, Layers = 2, Classes = 4, Nodes = 2 }, CPU);
        using ArchitectureParameters architecture = new(new CellTopology(2), CPU, seed: 1);
        using optim.Optimizer optimizer = optim.Adam(supernet.parameters(), 0.02);
        Tensor images = randn(8, 3, 8, 8), labels = tensor(new long[] { 0, 1, 2, 3, 0, 1, 2, 3 });
        architecture.RequiresGrad = false;
        float loss = NetworkComparison.Train(optimizer, 60,
            () => nn.functional.cross_entropy(supernet.Forward(images, architecture), labels));
        Assert.InRange(loss, 0, 0.05);
    }

    [Theory]
    [InlineData(nameof(CellForm.Kernels))]
    [InlineData(nameof(CellForm.Wide))]
    public void Training_ManySteps_LeavesNoTensorBehind(string form)
    {
        using Supernet supernet = new(new SupernetShape { InitialChannels = 8, Layers = 2, Classes = 3, Nodes = 1 },
            CPU)
        { Form = Enum.Parse<CellForm>(form) };
        using ArchitectureParameters architecture = new(new CellTopology(1), CPU, seed: 1);
        using optim.Optimizer optimizer = optim.SGD(supernet.parameters(), 0.01, momentum: 0.9);
        using Tensor images = rand(8, 3, 16, 16), labels = zeros(8, ScalarType.Int64);
        NetworkComparison.AssertNoLeak(() =>
            NetworkComparison.Train(optimizer, 1, () => nn.functional.cross_entropy(supernet.Forward(images, architecture), labels)));
    }

    private static void AssertTrains(SupernetShape shape, int height, int width)
    {
        AssertTrains(shape, height, width, CellForm.Automatic);
        AssertTrains(shape, height, width, CellForm.Wide);
    }

    private static void AssertTrains(SupernetShape shape, int height, int width, CellForm form)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        using Supernet supernet = new(shape, CPU) { Form = form };
        using ArchitectureParameters architecture = new(new CellTopology(shape.Nodes), CPU, seed: 1);
        supernet.train();
        Tensor logits = supernet.Forward(randn(3, 3, height, width), architecture);
        Assert.Equal([3, shape.Classes], logits.shape);
        nn.functional.cross_entropy(logits, tensor(new long[] { 0, 1, 2 })).backward();
        NetworkComparison.AssertFinite(logits);
        foreach ((string key, TorchSharp.Modules.Parameter parameter) in supernet.named_parameters())
        {
            Assert.True(parameter.grad is { IsInvalid: false }, $"{key} has no gradient.");
            NetworkComparison.AssertFinite(parameter.grad);
        }

        supernet.eval();
        NetworkComparison.AssertFinite(supernet.Forward(randn(1, 3, height, width), architecture));
    }
}
