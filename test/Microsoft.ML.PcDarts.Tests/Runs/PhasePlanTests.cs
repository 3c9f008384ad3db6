using CsCheck;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Tests.Runs;

public sealed class PhasePlanTests
{
    [Theory]
    [InlineData(100, 32, 4)]
    [InlineData(96, 32, 3)]
    [InlineData(97, 32, 3)] // a last batch of one picture is dropped
    [InlineData(5, 32, 1)]
    public void Full_DataSize_CountsBatchesOfAPass(int images, int batch, int steps)
    {
        PhasePlan plan = PhasePlan.Full(images, 7, batch);
        Assert.Equal(new PhasePlan(7, steps, Math.Min(images, batch)), plan);
    }

    [Fact]
    public void Within_EnoughTime_IsFull()
    {
        PhasePlan full = PhasePlan.Full(1000, 10, 50);
        Assert.Equal(full, PhasePlan.Within(full, 1000, seconds: 101, secondsPerImage: 0.01, secondsPerEpoch: 0.1, minimumSteps: 10));
    }

    [Fact]
    public void Within_ALittleTooLittleTime_KeepsWholePasses()
    {
        PhasePlan full = PhasePlan.Full(1000, 60, 50);
        Assert.Equal(new PhasePlan(30, 20, 50),
            PhasePlan.Within(full, 1000, seconds: 300, secondsPerImage: 0.01, secondsPerEpoch: 0, minimumSteps: 10));
    }

    [Fact]
    public void Within_LessThanTenPasses_ShortensEpochs()
    {
        PhasePlan full = PhasePlan.Full(50_000, 20, 100);
        PhasePlan plan = PhasePlan.Within(full, 50_000, seconds: 1000, secondsPerImage: 0.01, secondsPerEpoch: 0, minimumSteps: 60);
        Assert.Equal(new PhasePlan(10, 100, 100), plan);
    }

    [Fact]
    public void Within_FewSteps_ShrinksTheBatch()
    {
        PhasePlan full = PhasePlan.Full(50_000, 20, 256);
        PhasePlan plan = PhasePlan.Within(full, 50_000, seconds: 100, secondsPerImage: 0.05, secondsPerEpoch: 0, minimumSteps: 60);
        Assert.Equal(32, plan.BatchSize);
    }

    [Fact]
    public void Within_SlowEndsOfEpochs_GivesThemAThird()
    {
        PhasePlan full = PhasePlan.Full(25_000, 60, 100);
        PhasePlan plan = PhasePlan.Within(full, 25_000, seconds: 80, secondsPerImage: 0.01, secondsPerEpoch: 8.75, minimumSteps: 1);
        Assert.Equal(3, plan.Epochs);
        Assert.InRange(plan.Images * 0.01 + plan.Epochs * 8.75, 70, 80);
    }

    [Fact]
    public void Within_AnyMeasurement_NeverPlansMoreThanTheTimeUnlessOneStepAnEpochIsMore()
    {
        Gen<(int Images, int Epochs, int Batch, double Seconds, double PerImage, double PerEpoch)> gen = Gen.Select(
            Gen.Int[2, 100_000], Gen.Int[1, 600], Gen.Int[2, 1024], Gen.Double[0, 10_000], Gen.Double[1e-5, 1], Gen.Double[0, 20]);
        gen.Sample(sample =>
        {
            PhasePlan full = PhasePlan.Full(sample.Images, sample.Epochs, sample.Batch);
            PhasePlan plan = PhasePlan.Within(full, sample.Images, sample.Seconds, sample.PerImage, sample.PerEpoch, minimumSteps: 60);
            double planned = plan.Images * sample.PerImage + plan.Epochs * sample.PerEpoch;
            Assert.InRange(plan.Epochs, 1, full.Epochs);
            Assert.InRange(plan.StepsPerEpoch, 1, int.MaxValue);
            Assert.InRange(plan.BatchSize, 2, full.BatchSize);
            double leastEpoch = sample.PerEpoch + plan.BatchSize * sample.PerImage;
            Assert.True(planned <= Math.Max(sample.Seconds, plan.Epochs * leastEpoch) * 1.0001,
                $"{plan} takes {planned} s of {sample.Seconds} s");
            Assert.True(sample.PerEpoch == 0 || plan.Epochs <= Math.Max(1, sample.Seconds / sample.PerEpoch),
                $"{plan} has no time but for the ends of its epochs");
        });
    }
}
