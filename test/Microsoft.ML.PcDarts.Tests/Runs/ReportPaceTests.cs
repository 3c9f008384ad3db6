using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Tests.Runs;

public class ReportPaceTests
{
    [Fact]
    public void RunIfDue_SlowAction_WaitsFiftyTimesAsLong()
    {
        var clock = new ManualTime();
        var pace = new ReportPace(clock);
        int runs = 0;
        Run(at: 0);
        Run(at: 48);
        Assert.Equal(1, runs);
        Run(at: 51);
        Assert.Equal(2, runs);

        void Run(int at)
        {
            clock.Now = TimeSpan.FromSeconds(100 + at);
            pace.RunIfDue(() =>
            {
                runs++;
                clock.Now += TimeSpan.FromSeconds(1);
            });
        }
    }

    private sealed class ManualTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
