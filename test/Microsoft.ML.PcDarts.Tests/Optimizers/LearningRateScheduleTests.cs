using Microsoft.ML.PcDarts.Optimizers;

namespace Microsoft.ML.PcDarts.Tests.Optimizers;

public sealed class LearningRateScheduleTests
{
    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(0.5, 0.05)]
    [InlineData(1, 0)]
    public void Cosine_Progress_FallsFromPeakToZero(double progress, double expected) =>
        Assert.Equal(expected, LearningRateSchedule.Cosine(0.1, progress), 12);

    [Theory]
    [InlineData(0, 0.01)]
    [InlineData(0.05, 0.055)]
    [InlineData(0.1, 0.1)]
    [InlineData(0.55, 0.05)]
    [InlineData(1, 0)]
    public void WarmUpCosine_Progress_RisesThenFalls(double progress, double expected) =>
        Assert.Equal(expected, LearningRateSchedule.WarmUpCosine(0.1, 0.1, progress), 12);

    [Fact]
    public void WarmUpCosine_NoWarmUp_IsCosine() =>
        Assert.Equal(LearningRateSchedule.Cosine(0.025, 0.3), LearningRateSchedule.WarmUpCosine(0.025, 0, 0.3));
}
