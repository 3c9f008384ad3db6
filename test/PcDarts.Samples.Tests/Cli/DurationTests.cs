using PcDarts.Cli;

namespace PcDarts.Samples.Tests.Cli;

public class DurationTests
{
    [Theory]
    [InlineData("90s", 90)]
    [InlineData("60m", 3600)]
    [InlineData("60min", 3600)]
    [InlineData("1h30m", 5400)]
    [InlineData("1h", 3600)]
    [InlineData("1.5h", 5400)]
    [InlineData("00:45:00", 2700)]
    [InlineData("1:00:01", 3601)]
    [InlineData("1d", 86400)]
    [InlineData(" 5s ", 5)]
    public void TryParse_GoodText_GivesSeconds(string text, double seconds)
    {
        Assert.True(Duration.TryParse(text, out TimeSpan duration));
        Assert.Equal(seconds, duration.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("60")]
    [InlineData("0s")]
    [InlineData("-5m")]
    [InlineData("5x")]
    [InlineData("5m1h")]
    [InlineData("1,5h")]
    [InlineData("00:00:00")]
    [InlineData("25:61:00")]
    [InlineData("99999999999999999d")]
    public void TryParse_BadText_Fails(string text) => Assert.False(Duration.TryParse(text, out _));

    [Theory]
    [InlineData(5, "0:05")]
    [InlineData(125, "2:05")]
    [InlineData(3725, "1:02:05")]
    [InlineData(90_000, "25:00:00")]
    public void Format_Seconds_GivesClock(double seconds, string text)
        => Assert.Equal(text, Duration.Format(TimeSpan.FromSeconds(seconds)));
}
