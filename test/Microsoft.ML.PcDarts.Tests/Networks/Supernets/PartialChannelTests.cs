using CsCheck;
using Microsoft.ML.PcDarts.Networks.Supernets;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Networks.Supernets;

public sealed class PartialChannelTests
{
    [Fact]
    public void Shuffle_AnyGroups_MovesChannelToItsPlace()
    {
        Gen.Select(Gen.Int[1, 8], Gen.Int[1, 6], Gen.Int[1, 3], Gen.Int[1, 4]).Sample((groups, width, pictures, side) =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor input = arange(pictures * groups * width * side, ScalarType.Float32).view(pictures, groups * width, side, 1);
            Tensor shuffled = PartialChannel.Shuffle(input, groups);
            for (int group = 0; group < groups; group++)
            {
                for (int i = 0; i < width; i++)
                    Assert.Equal(NetworkComparison.Values(input.select(1, group * width + i)),
                        NetworkComparison.Values(shuffled.select(1, i * groups + group)));
            }
        }, iter: 100, threads: 1);
    }

    [Fact]
    public void Shuffle_ThenWithWidthAsGroups_GivesInputBack()
    {
        Gen.Select(Gen.Int[1, 8], Gen.Int[1, 8], Gen.Int[1, 5]).Sample((groups, width, side) =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor input = arange(2 * groups * width * side * side, ScalarType.Float32).view(2, groups * width, side, side);
            Assert.Equal(NetworkComparison.Values(input),
                NetworkComparison.Values(PartialChannel.Shuffle(PartialChannel.Shuffle(input, groups), width)));
        }, iter: 100, threads: 1);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(5, 3)]
    [InlineData(8, 4)]
    public void Bypass_Stride2_RoundsTheSideUp(int side, int expected)
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.Equal([2, 3, expected, expected], PartialChannel.Bypass(rand(2, 3, side, side), stride: 2).shape);
    }

    [Fact]
    public void Bypass_Stride1_IsTheInput()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = rand(2, 3, 1, 1);
        Assert.Same(input, PartialChannel.Bypass(input, stride: 1));
    }

    [Theory]
    [InlineData(1, 8, 0)]
    [InlineData(2, 4, 4)]
    [InlineData(8, 1, 7)]
    public void Split_PartialChannels_GivesFirstChannelsToTheOperations(int partialChannels, int active, int bypassed)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor first, Tensor rest) = PartialChannel.Split(arange(8).view(1, 8, 1, 1), partialChannels);
        Assert.Equal(Enumerable.Range(0, active).Select(i => (long)i), first.flatten().data<long>().ToArray());
        Assert.Equal(Enumerable.Range(active, bypassed).Select(i => (long)i), rest.flatten().data<long>().ToArray());
    }
}
