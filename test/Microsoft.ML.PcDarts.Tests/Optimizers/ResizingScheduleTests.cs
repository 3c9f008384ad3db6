using Microsoft.ML.PcDarts.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Optimizers;

public sealed class ResizingScheduleTests
{
    [Theory]
    [InlineData(32, 32, 0, 20, 20)]
    [InlineData(32, 32, 5, 24, 24)]
    [InlineData(32, 32, 8, 32, 32)]
    [InlineData(64, 128, 0, 40, 80)]
    [InlineData(20, 12, 0, 16, 12)] // never below 16, never above the full size
    public void Size_Epoch_GrowsToTheFullSize(int height, int width, int epoch, int expectedHeight, int expectedWidth) =>
        Assert.Equal((expectedHeight, expectedWidth), ResizingSchedule.Size((height, width), epoch, 10));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(600)]
    public void Size_LastEpoch_IsFull(int epochs) =>
        Assert.Equal((32, 32), ResizingSchedule.Size((32, 32), epochs - 1, epochs));

    [Fact]
    public void Sizes_AnySize_AreThoseOfAllEpochs() => Assert.Equal([(20, 20), (24, 24), (32, 32)], ResizingSchedule.Sizes((32, 32)));

    [Fact]
    public void Apply_SmallerSize_KeepsTheMean()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = rand(2, 3, 32, 32);
        Tensor half = ResizingSchedule.Apply(images, (16, 16));
        Assert.Equal([2, 3, 16, 16], half.shape);
        Assert.Equal(images.mean().item<float>(), half.mean().item<float>(), 1e-5);
        Assert.Same(images, ResizingSchedule.Apply(images, (32, 32)));
    }
}
