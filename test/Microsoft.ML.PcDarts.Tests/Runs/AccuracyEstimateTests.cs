namespace Microsoft.ML.PcDarts.Tests.Runs;

public sealed class AccuracyEstimateTests
{
    // The published examples of R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17, 1998,
    // table I, method 3.
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    [InlineData(20, 20, 0.8389, 1.0)]
    public void Interval_PublishedExamples_Agrees(int right, int pictures, double low, double high)
    {
        AccuracyEstimate estimate = new(right, pictures);

        Assert.Equal(low, estimate.Low, 4);
        Assert.Equal(high, estimate.High, 4);
    }

    [Fact]
    public void Interval_AnyCounts_HoldsTheAccuracyWithinZeroAndOne()
    {
        foreach (int pictures in (int[])[1, 2, 15, 2500])
        {
            for (int right = 0; right <= pictures; right++)
            {
                AccuracyEstimate estimate = new(right, pictures);
                Assert.InRange(estimate.Low, 0, estimate.Accuracy);
                Assert.InRange(estimate.High, estimate.Accuracy, 1);
            }
        }
    }

    [Fact]
    public void Of_Share_CountsPictures()
    {
        Assert.Equal(new AccuracyEstimate(14, 15), AccuracyEstimate.Of(14.0 / 15, 15));
        Assert.Null(AccuracyEstimate.Of(null, 15));
        Assert.Null(AccuracyEstimate.Of(0.5, 0));
    }
}
