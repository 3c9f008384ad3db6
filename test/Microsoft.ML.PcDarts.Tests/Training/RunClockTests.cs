using Microsoft.Extensions.Time.Testing;
using Microsoft.ML.PcDarts.Training;

namespace Microsoft.ML.PcDarts.Tests.Training;

public sealed class RunClockTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(10, 0.3)] // the least reserve
    [InlineData(600, 9)] // 1.5 %
    [InlineData(36_000, 20)] // the largest
    public void SecondsLeft_AtTheStart_IsTheBudgetLessTheReserve(double budget, double reserve)
        => Assert.Equal(budget - reserve, new RunClock(_time, TimeSpan.FromSeconds(budget)).SecondsLeft!.Value, 1e-9);

    [Fact]
    public void SecondsLeft_TimePasses_FallsToZeroAndNoFurther()
    {
        var clock = new RunClock(_time, TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(5.7, clock.SecondsLeft!.Value, 1e-9);
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(0, clock.SecondsLeft);
        Assert.Equal(TimeSpan.FromSeconds(44), clock.Elapsed);
    }

    [Fact]
    public void Resume_AfterAnEarlierAttempt_CountsItsTime()
    {
        var clock = new RunClock(_time, TimeSpan.FromSeconds(600));
        _time.Advance(TimeSpan.FromSeconds(5));
        clock.Resume(TimeSpan.FromSeconds(100));
        Assert.Equal((TimeSpan.FromSeconds(105), 486.0), (clock.Elapsed, clock.SecondsLeft));
    }

    [Fact]
    public void SecondsLeft_WithoutBudget_IsNull() => Assert.Null(new RunClock(_time, null).SecondsLeft);
}
