using System.Text.Json;
using Microsoft.ML.PcDarts.Networks.Discovered;

namespace Microsoft.ML.PcDarts.Tests.Architectures;

public sealed class NetworkSizeTests
{
    private static readonly NetworkShape Cifar = new() { InitialChannels = 36, Layers = 20, Classes = 10, AuxiliaryHead = true };

    private static readonly NetworkShape ImageNet = new()
    {
        InitialChannels = 48, Layers = 14, Classes = 1000, Stem = NetworkStem.ImageNet, ImageHeight = 224, ImageWidth = 224,
        AuxiliaryHead = true,
    };

    [Fact]
    [Trait("Category", "Golden")]
    public void Of_PublishedGenotypes_EqualsReference()
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Golden.File("network_sizes.json")));
        Assert.Equal(6, golden.RootElement.GetArrayLength());
        foreach (JsonElement entry in golden.RootElement.EnumerateArray())
        {
            Genotype genotype = KnownGenotypes.All[entry.GetProperty("genotype").GetString()!];
            NetworkSize cifar = NetworkSize.Of(genotype, Cifar);
            Assert.Equal(entry.GetProperty("cifar_c36_l20_params").GetInt64(), cifar.Parameters);
            Assert.Equal(entry.GetProperty("cifar_params_with_auxiliary").GetInt64(), cifar.Parameters + cifar.AuxiliaryParameters);
            Assert.Equal(entry.GetProperty("cifar_macs_32px").GetInt64(), cifar.MultiplyAdds);
            NetworkSize imageNet = NetworkSize.Of(genotype, ImageNet);
            Assert.Equal(entry.GetProperty("imagenet_c48_l14_params").GetInt64(), imageNet.Parameters);
            Assert.Equal(entry.GetProperty("imagenet_params_with_auxiliary").GetInt64(),
                imageNet.Parameters + imageNet.AuxiliaryParameters);
            Assert.Equal(entry.GetProperty("imagenet_macs_224px").GetInt64(), imageNet.MultiplyAdds);
        }
    }

    [Theory]
    [InlineData("NASNet", 4, 1, NetworkStem.Cifar)]
    [InlineData("AmoebaNet", 6, 2, NetworkStem.ImageNet)]
    [InlineData("DARTS_V1", 5, 4, NetworkStem.Cifar)]
    [InlineData("PC_DARTS_image", 8, 7, NetworkStem.ImageNet)]
    public void Of_BuiltNetwork_EqualsItsParameters(string name, int channels, int layers, NetworkStem stem)
    {
        var shape = new NetworkShape { InitialChannels = channels, Layers = layers, Classes = 3, Stem = stem, AuxiliaryHead = true };
        using var network = new DiscoveredNetwork(KnownGenotypes.All[name], shape, TorchSharp.torch.CPU);
        NetworkSize size = NetworkSize.Of(KnownGenotypes.All[name], shape);
        Assert.Equal(network.parameters().Sum(parameter => parameter.numel()), size.Parameters + size.AuxiliaryParameters);
    }

    [Fact]
    public void Of_WithoutAuxiliaryHead_CountsNoneAndChangesNothingElse()
    {
        NetworkSize with = NetworkSize.Of(KnownGenotypes.PcDartsCifar, Cifar);
        Assert.Equal(with with { AuxiliaryParameters = 0 },
            NetworkSize.Of(KnownGenotypes.PcDartsCifar, Cifar with { AuxiliaryHead = false }));
        Assert.True(with.AuxiliaryParameters > 0);
    }

    [Fact]
    public void Of_OddPictures_RoundsHalvedMapsUp()
    {
        // 29 → 15 → 8 pixels, as 30 → 15 → 8: only maps at full size differ.
        static long MultiplyAdds(int size, int layers) => NetworkSize.Of(
            KnownGenotypes.PcDartsCifar, new NetworkShape
            {
                InitialChannels = 4,
                Layers = layers,
                Classes = 2,
                ImageHeight = size,
                ImageWidth = size,
            }).MultiplyAdds;
        long stem = 27 * 12;
        // With one layer that cell is a reduction: its inputs' 1×1 convolutions run at full size, everything after at half.
        Assert.Equal((30 * 30 - 29 * 29) * (stem + 2 * 12 * 8), MultiplyAdds(30, 1) - MultiplyAdds(29, 1));
    }

    [Fact]
    public void Of_HeightAndWidthSwapped_CountsTheSameWhereKernelsAreSquare()
    {
        NetworkSize tall = NetworkSize.Of(KnownGenotypes.NasNet, Cifar with { ImageHeight = 48 });
        Assert.Equal(tall, NetworkSize.Of(KnownGenotypes.NasNet, Cifar with { ImageWidth = 48 }));
    }

    [Theory]
    [InlineData(0, 20, 10, 32)]
    [InlineData(36, 0, 10, 32)]
    [InlineData(36, 20, -1, 32)]
    [InlineData(36, 20, 10, 0)]
    public void Of_ShapeOutOfRange_Throws(int channels, int layers, int classes, int height)
    {
        var shape = new NetworkShape { InitialChannels = channels, Layers = layers, Classes = classes, ImageHeight = height };
        var exception = Assert.Throws<ArgumentOutOfRangeException>(() => NetworkSize.Of(KnownGenotypes.NasNet, shape));
        Assert.Contains("must be at least 1", exception.Message);
    }

    [Fact]
    public void Of_OddChannelsWithImageNetStem_Throws()
    {
        var exception = Assert.Throws<ArgumentOutOfRangeException>(
            () => NetworkSize.Of(KnownGenotypes.NasNet, ImageNet with { InitialChannels = 47 }));
        Assert.Contains("InitialChannels 47 must be even", exception.Message);
    }

    [Fact]
    public void Of_HugeNetwork_ThrowsInsteadOfWrapping() => Assert.Throws<OverflowException>(
        () => NetworkSize.Of(KnownGenotypes.NasNet, Cifar with { InitialChannels = int.MaxValue, Layers = 60 }));
}
