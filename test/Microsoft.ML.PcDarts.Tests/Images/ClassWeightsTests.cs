using Microsoft.ML.PcDarts.Images;

namespace Microsoft.ML.PcDarts.Tests.Images;

public sealed class ClassWeightsTests
{
    [Fact]
    public void Balanced_WithinTheLimit_CountsAllClassesAlike()
    {
        int[] counts = [60, 30, 6];
        float[] weights = ClassWeights.Balanced(counts);
        Assert.All(counts.Zip(weights), pair => Assert.Equal(32, pair.First * pair.Second, 1e-4));
        Assert.Equal(96f / (3 * 60f), weights[0]);
    }

    [Theory]
    [InlineData(600, 2)]
    [InlineData(1000, 100, 99, 1)]
    [InlineData(50, 0, 1)]
    public void Balanced_BeyondTheLimit_WeighsTenTimesTheCommonestAtMost(params int[] counts)
    {
        float[] weights = ClassWeights.Balanced(counts);
        Assert.Equal(10, weights[^1] / weights[0], 1e-4);
        Assert.Equal(counts.Sum(), counts.Zip(weights, (count, weight) => (double)count * weight).Sum(), 1e-2);
        Assert.All(counts.Zip(weights), pair => Assert.Equal(pair.First == 0, pair.Second == 0));
    }
}
