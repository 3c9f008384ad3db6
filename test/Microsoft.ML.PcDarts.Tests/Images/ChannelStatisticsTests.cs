using Microsoft.ML.PcDarts.Images;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Images;

public sealed class ChannelStatisticsTests
{
    [Fact]
    public void Of_RandomPictures_MatchesTheTensorFormulas()
    {
        Tensor images = randint(0, 256, [1500, 3, 4, 5], ScalarType.Byte, generator: new Generator(1, CPU));
        using ImageDataset data = new(images, new long[1500], 1);
        (float[] mean, float[] std) = ChannelStatistics.Of(data, [.. Enumerable.Range(0, 1500)]);
        using DisposeScope scope = NewDisposeScope();
        Tensor values = images.to(ScalarType.Float64) / 255;
        double[] expectedMean = [.. values.mean([0, 2, 3]).data<double>()];
        double[] expectedStd = [.. values.std([0L, 2, 3], unbiased: false).data<double>()];
        for (int c = 0; c < 3; c++)
        {
            Assert.Equal(expectedMean[c], mean[c], 1e-6);
            Assert.Equal(expectedStd[c], std[c], 1e-6);
        }
    }

    [Fact]
    public void Of_ConstantPictures_StaysFinite()
    {
        using ImageDataset data = new(zeros([2, 3, 8, 8], ScalarType.Byte), [0, 0], 1);
        Assert.Equal([1 / 255f, 1 / 255f, 1 / 255f], ChannelStatistics.Of(data, [0, 1]).Std);
    }

    [Fact]
    public void Of_SomeRows_LooksAtThoseOnly()
    {
        Tensor images = zeros([4, 3, 8, 8], ScalarType.Byte);
        images.narrow(0, 2, 1).fill_(255).Dispose();
        using ImageDataset data = new(images, new long[4], 1);
        Assert.Equal(0.5f, ChannelStatistics.Of(data, [0, 2]).Mean[0]);
        Assert.Equal(0f, ChannelStatistics.Of(data, [0, 1, 3]).Mean[0]);
    }
}
