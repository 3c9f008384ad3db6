using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Networks.Discovered;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Networks.Discovered;

public sealed class DiscoveredNetworkTests
{
    public static TheoryData<int, int, NetworkStem, string> Shapes
    {
        get
        {
            TheoryData<int, int, NetworkStem, string> data = [];
            foreach ((int height, int width) in ((int, int)[])[(1, 1), (5, 7), (33, 17), (32, 32)])
            {
                foreach (NetworkStem stem in Enum.GetValues<NetworkStem>())
                    data.Add(height, width, stem, nameof(KnownGenotypes.PcDartsCifar));
            }

            // Between them these hold every operation.
            foreach (string name in (string[])[nameof(KnownGenotypes.AmoebaNet), nameof(KnownGenotypes.NasNet),
                nameof(KnownGenotypes.PcDartsImageNet)])
                data.Add(9, 15, NetworkStem.Cifar, name);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_AnySides_GivesLogitsAndGradients(int height, int width, NetworkStem stem, string name)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        using DiscoveredNetwork network = new(Named(name), Shape(stem: stem, height: height, width: width), CPU);
        Tensor labels = tensor(new long[] { 0, 1, 2 });
        network.train();
        (Tensor logits, Tensor? auxiliary) = network.Forward(randn(3, 3, height, width), dropPath: 0.1);
        Assert.Equal([3, 3], logits.shape);
        Assert.NotNull(auxiliary);
        Assert.Equal([3, 3], auxiliary.shape);
        (nn.functional.cross_entropy(logits, labels) + nn.functional.cross_entropy(auxiliary, labels)).backward();
        foreach ((string key, TorchSharp.Modules.Parameter parameter) in network.named_parameters())
        {
            Assert.True(parameter.grad is { IsInvalid: false }, $"{key} has no gradient.");
            NetworkComparison.AssertFinite(parameter.grad);
        }

        network.eval();
        (Tensor evaluated, Tensor? none) = network.Forward(randn(1, 3, height, width));
        NetworkComparison.AssertFinite(evaluated);
        Assert.Null(none);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Forward_FewLayers_GivesLogits(int layers)
    {
        using DisposeScope scope = NewDisposeScope();
        using DiscoveredNetwork network = new(KnownGenotypes.PcDartsCifar, Shape(layers: layers), CPU);
        (Tensor logits, Tensor? auxiliary) = network.Forward(randn(2, 3, 8, 8));
        NetworkComparison.AssertFinite(logits);
        Assert.NotNull(auxiliary);
    }

    [Fact]
    public void Forward_DropPath_ChangesLogitsOnlyWhileTraining()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        using DiscoveredNetwork network = new(KnownGenotypes.DartsV2, Shape(), CPU);
        Tensor images = randn(4, 3, 8, 8);
        network.train();
        Assert.NotEqual(NetworkComparison.Values(network.Forward(images).Logits),
            NetworkComparison.Values(network.Forward(images, dropPath: 0.5).Logits));
        network.eval();
        Assert.Equal(NetworkComparison.Values(network.Forward(images).Logits),
            NetworkComparison.Values(network.Forward(images, dropPath: 0.5).Logits));
    }

    [Fact]
    public void Forward_StoredChannelsFirstOrLast_GivesSameLogits()
    {
        using DisposeScope scope = NewDisposeScope();
        using DiscoveredNetwork network = new(KnownGenotypes.DartsV2, Shape(), CPU);
        network.eval();
        Tensor images = randn(4, 3, 8, 8);
        Tensor channelsLast = images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        // libtorch may sum the stem's products in another order.
        NetworkComparison.AssertClose(NetworkComparison.Values(network.Forward(images).Logits),
            NetworkComparison.Values(network.Forward(channelsLast).Logits), 1e-6, "logits");
    }

    [Fact]
    public void ImportWeights_Exported_GivesSameLogits()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = randn(4, 3, 8, 8);
        using DiscoveredNetwork first = new(KnownGenotypes.PcDartsCifar, Shape(), CPU);
        first.Forward(images); // moves the running statistics away from their start
        using DiscoveredNetwork second = new(KnownGenotypes.PcDartsCifar, Shape(), CPU);
        second.ImportWeights(first.ExportWeights());
        first.eval();
        second.eval();
        Assert.Equal(NetworkComparison.Values(first.Forward(images).Logits), NetworkComparison.Values(second.Forward(images).Logits));
    }

    [Fact]
    public void ExportWeights_Arrays_AreCopies()
    {
        using DiscoveredNetwork network = new(KnownGenotypes.PcDartsCifar, Shape(), CPU);
        IReadOnlyDictionary<string, TensorData> weights = network.ExportWeights();
        weights["classifier.bias"].Floats[0] = 100;
        Assert.NotEqual(100f, network.ExportWeights()["classifier.bias"].Floats[0]);
        Assert.DoesNotContain(weights.Keys, key => key.Contains("num_batches_tracked", StringComparison.Ordinal));
    }

    [Fact]
    public void ImportWeights_WithAuxiliaryIntoNetworkWithout_LeavesItOut()
    {
        using DiscoveredNetwork training = new(KnownGenotypes.PcDartsCifar, Shape(), CPU);
        using DiscoveredNetwork scoring = new(KnownGenotypes.PcDartsCifar, Shape() with { AuxiliaryHead = false }, CPU);
        scoring.ImportWeights(training.ExportWeights());
        Assert.Equal(training.ExportWeights()["classifier.weight"].Floats, scoring.ExportWeights()["classifier.weight"].Floats);
    }

    [Fact]
    public void ImportWeights_OtherArchitecture_ThrowsAndWritesNothing()
    {
        using DiscoveredNetwork network = new(KnownGenotypes.PcDartsCifar, Shape(), CPU);
        using DiscoveredNetwork other = new(KnownGenotypes.DartsV2, Shape(), CPU);
        float[] before = network.ExportWeights()["stem.0.weight"].Floats;
        Assert.Throws<ArgumentException>(() => network.ImportWeights(other.ExportWeights()));
        Assert.Equal(before, network.ExportWeights()["stem.0.weight"].Floats);
    }

    [Fact]
    public void ImportWeights_OtherShape_NamesTheWeight()
    {
        using DiscoveredNetwork network = new(KnownGenotypes.PcDartsCifar, Shape(), CPU);
        using DiscoveredNetwork other = new(KnownGenotypes.PcDartsCifar, Shape() with { Classes = 5 }, CPU);
        ArgumentException error = Assert.Throws<ArgumentException>(() => network.ImportWeights(other.ExportWeights()));
        Assert.Contains("classifier.weight", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_ZeroChannels_NamesTheOption()
        => Assert.Equal("InitialChannels", Assert.Throws<ArgumentOutOfRangeException>(
            () => new DiscoveredNetwork(KnownGenotypes.PcDartsCifar, Shape() with { InitialChannels = 0 }, CPU)).ParamName);

    [Fact]
    public void Training_OneBatch_IsLearnedByHeart()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        using DiscoveredNetwork network = new(KnownGenotypes.PcDartsCifar, Shape(), CPU);
        using optim.Optimizer optimizer = optim.Adam(network.parameters(), 0.01);
        Tensor images = randn(6, 3, 8, 8), labels = tensor(new long[] { 0, 1, 2, 0, 1, 2 });
        float loss = NetworkComparison.Train(optimizer, 30, () => Loss(network, images, labels, dropPath: 0));
        Assert.InRange(loss, 0, 0.05);
    }

    [Fact]
    public void Training_ManySteps_LeavesNoTensorBehind()
    {
        using DiscoveredNetwork network = new(KnownGenotypes.PcDartsImageNet, Shape(), CPU);
        using optim.Optimizer optimizer = optim.SGD(network.parameters(), 0.01, momentum: 0.9);
        using Tensor images = rand(8, 3, 16, 16), labels = zeros(8, ScalarType.Int64);
        NetworkComparison.AssertNoLeak(() => NetworkComparison.Train(optimizer, 1, () => Loss(network, images, labels, dropPath: 0.2)));
    }

    private static Tensor Loss(DiscoveredNetwork network, Tensor images, Tensor labels, double dropPath)
    {
        (Tensor logits, Tensor? auxiliary) = network.Forward(images, dropPath);
        return nn.functional.cross_entropy(logits, labels) + 0.4 * nn.functional.cross_entropy(auxiliary!, labels);
    }

    private static Genotype Named(string name) => name switch
    {
        nameof(KnownGenotypes.AmoebaNet) => KnownGenotypes.AmoebaNet,
        nameof(KnownGenotypes.NasNet) => KnownGenotypes.NasNet,
        nameof(KnownGenotypes.PcDartsImageNet) => KnownGenotypes.PcDartsImageNet,
        _ => KnownGenotypes.PcDartsCifar,
    };

    private static NetworkShape Shape(int layers = 3, NetworkStem stem = NetworkStem.Cifar, int height = 8, int width = 8) => new()
    {
        InitialChannels = 4, Layers = layers, Classes = 3, Stem = stem, ImageHeight = height, ImageWidth = width, AuxiliaryHead = true,
    };
}
