using Microsoft.ML.PcDarts.Formats;

namespace Microsoft.ML.PcDarts.Tests.Formats;

public sealed class WeightsHashTests
{
    private static Dictionary<string, TensorData> Weights(float last = 3) => new()
    {
        ["b"] = new TensorData([3], [1f, 2f, last]),
        ["a"] = new TensorData([1, 2], [0f, -1f]),
        ["counter"] = new TensorData([], [7L]),
    };

    [Fact]
    public void Sha256_SameWeightsInAnotherOrder_IsEqual() =>
        Assert.Equal(WeightsHash.Sha256(Weights()), WeightsHash.Sha256(Weights().Reverse().ToDictionary()));

    [Fact]
    public void Sha256_OneBitOfOneValue_Differs() =>
        Assert.NotEqual(WeightsHash.Sha256(Weights()), WeightsHash.Sha256(Weights(MathF.BitIncrement(3))));

    [Fact]
    public void Sha256_AnotherShape_Differs() =>
        Assert.NotEqual(
            WeightsHash.Sha256(new Dictionary<string, TensorData> { ["a"] = new([2, 1], [1f, 2f]) }),
            WeightsHash.Sha256(new Dictionary<string, TensorData> { ["a"] = new([1, 2], [1f, 2f]) }));
}
