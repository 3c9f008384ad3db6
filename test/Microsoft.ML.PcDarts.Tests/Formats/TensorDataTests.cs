using Microsoft.ML.PcDarts.Formats;

namespace Microsoft.ML.PcDarts.Tests.Formats;

public sealed class TensorDataTests
{
    [Fact]
    public void Constructor_ShapeOfOtherCount_Throws()
    {
        Assert.Contains("[2, 2] does not hold 3 values",
            Assert.Throws<ArgumentException>(() => new TensorData([2, 2], new float[3])).Message);
        Assert.Throws<ArgumentException>(() => new TensorData([-1, -3], new float[3]));
    }

    [Fact]
    public void Floats_OfLongs_Throws() =>
        Assert.Contains("holds Int64", Assert.Throws<InvalidOperationException>(() => new TensorData([1], [1L]).Floats).Message);
}
