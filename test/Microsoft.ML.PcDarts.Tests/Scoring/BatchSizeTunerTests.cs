using Microsoft.ML.PcDarts.Scoring;

namespace Microsoft.ML.PcDarts.Tests.Scoring;

public sealed class BatchSizeTunerTests
{
    [Theory]
    [InlineData(1, new[] { 1.0, 1.1, 1.2 })]
    [InlineData(4, new[] { 1.0, 0.9, 0.8, 0.81, 0.99 })]
    [InlineData(64, new[] { 1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4 })]
    [InlineData(1, new[] { 1.0, 0.99, 0.99, 0.99, 0.99, 0.99, 0.99 })] // within noise: the smallest
    public void Next_AfterMeasuring_IsTheFastestSize(int expected, double[] millisecondsAPicture)
    {
        var tuner = new BatchSizeTuner();
        for (int reports = 0; !tuner.IsSettled; reports++)
        {
            Assert.InRange(reports, 0, 250);
            int size = tuner.Next;
            tuner.Report(size, TimeSpan.FromMilliseconds(0.5 * size * millisecondsAPicture[int.Log2(size)]));
        }
        Assert.Equal(expected, tuner.Next);
    }

    [Fact]
    public void Next_FirstBatchOfEachSizeSlow_IsNotMisled()
    {
        var tuner = new BatchSizeTuner();
        for (int last = 0; !tuner.IsSettled;)
        {
            int size = tuner.Next;
            tuner.Report(size, TimeSpan.FromMilliseconds(size != last ? 500 : size == 4 ? 0.8 * size : size));
            last = size;
        }
        Assert.Equal(4, tuner.Next);
    }

    [Fact]
    public void Next_ShortBatchesSometimesInterrupted_CountsTheInterruptions()
    {
        var tuner = new BatchSizeTuner();
        for (int reports = 0; !tuner.IsSettled; reports++)
            tuner.Report(tuner.Next, TimeSpan.FromMilliseconds(tuner.Next == 1
                ? reports % 2 == 0 ? 0.5 : 2.5
                : tuner.Next * (tuner.Next == 2 ? 1.0 : 2.0)));
        Assert.Equal(2, tuner.Next);
    }

    [Fact]
    public void Next_LongBatches_AreNotMadeLonger()
    {
        var tuner = new BatchSizeTuner();
        int largest = 0;
        for (int reports = 0; !tuner.IsSettled; reports++)
        {
            largest = Math.Max(largest, tuner.Next);
            tuner.Report(tuner.Next, TimeSpan.FromMilliseconds(tuner.Next * 30.0 / Math.Sqrt(tuner.Next)));
        }
        Assert.Equal(2, largest);
    }

    [Fact]
    public void Report_AnotherSize_DoesNotCount()
    {
        var tuner = new BatchSizeTuner();
        for (int i = 0; i < 100; i++)
            tuner.Report(3, TimeSpan.FromTicks(1));
        Assert.Equal(1, tuner.Next);
        Assert.False(tuner.IsSettled);
    }

    [Fact]
    public void Next_GivenSize_StaysThat()
    {
        var tuner = new BatchSizeTuner(5);
        tuner.Report(5, TimeSpan.FromSeconds(9));
        Assert.Equal(5, tuner.Next);
        Assert.Equal(5, tuner.Largest);
        Assert.True(tuner.IsSettled);
    }
}
