using Microsoft.ML.PcDarts.Formats;

namespace Microsoft.ML.PcDarts.Tests.Formats;

public sealed class TensorChecksTests
{
    [Theory]
    [InlineData(float.NaN, "its 'a.weight' holds NaN at [1, 2]")]
    [InlineData(float.PositiveInfinity, "its 'a.weight' holds Infinity at [1, 2]")]
    [InlineData(float.NegativeInfinity, "its 'a.weight' holds -Infinity at [1, 2]")]
    public void CheckNetwork_ValueNotFinite_NamesTensorAndPlace(float value, string message)
        => Assert.StartsWith(message, Message("a.weight", new TensorData([2, 3], [0, 1, 2, 3, 4, value])), StringComparison.Ordinal);

    [Fact]
    public void CheckNetwork_NegativeVariance_IsRefused()
    {
        Assert.StartsWith("its 'a.running_var' holds -0.5 at [1]", Message("a.running_var", new TensorData([2], [0f, -0.5f])),
            StringComparison.Ordinal);
        TensorChecks.CheckNetwork(new Dictionary<string, TensorData>
        {
            ["a.running_mean"] = new([2], [0f, -0.5f]),
            ["b.running_var"] = new([1], [-0f]),
        });
    }

    [Theory]
    [InlineData(20_000_000, 0)]
    [InlineData(0, 20_000_000)]
    public void CheckNetwork_EmptyTensor_IsRefused(long rows, long columns)
        => Assert.Equal($"its 'classifier.weight' of shape [{rows}, {columns}] has no values, and no tensor of a network is empty",
            Message("classifier.weight", new TensorData([rows, columns], Array.Empty<float>())));

    [Fact]
    public void CheckNetwork_Integers_MayBeAnything()
        => TensorChecks.CheckNetwork(new Dictionary<string, TensorData> { ["bn.num_batches_tracked"] = new([], [long.MinValue]) });

    private static string Message(string name, TensorData tensor)
        => Assert.Throws<InvalidDataException>(
            () => TensorChecks.CheckNetwork(new Dictionary<string, TensorData> { [name] = tensor })).Message;
}
