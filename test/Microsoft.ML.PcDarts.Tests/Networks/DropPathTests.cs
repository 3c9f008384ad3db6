using CsCheck;
using Microsoft.ML.PcDarts.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Networks;

public sealed class DropPathTests
{
    [Fact]
    public void Masks_AnyProbability_DropsOrScalesWholePictures()
    {
        Gen.Select(Gen.Int[1, 40], Gen.Double[0, 0.95], Gen.Int[0, 1_000_000]).Sample((pictures, probability, seed) =>
        {
            using DisposeScope scope = NewDisposeScope();
            manual_seed(seed);
            float[] values = NetworkComparison.Values(
                ones(pictures, 3, 2, 2) * DropPath.Masks(2, pictures, probability, CPU, ScalarType.Float32)[1]);

            float kept = (float)(1 / (1 - probability));
            foreach (float[] picture in values.Chunk(12))
            {
                Assert.Single(picture.Distinct());
                Assert.True(picture[0] == 0 || Math.Abs(picture[0] - kept) <= 1e-6 * kept, $"{picture[0]} is neither 0 nor {kept}.");
            }
        }, iter: 200, threads: 1);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.3)]
    [InlineData(0.8)]
    public void Masks_ManyPictures_HasMeanOneAndDropsItsShare(double probability)
    {
        using DisposeScope scope = NewDisposeScope();
        const int pictures = 100_000;
        manual_seed(1);
        float[] mask = NetworkComparison.Values(DropPath.Masks(1, pictures, probability, CPU, ScalarType.Float32));

        double deviation = Math.Sqrt(probability * (1 - probability) / pictures);
        Assert.InRange(mask.Count(value => value == 0) / (double)pictures, probability - 5 * deviation, probability + 5 * deviation);
        Assert.InRange(mask.Average(), 1 - 5 * deviation / (1 - probability), 1 + 5 * deviation / (1 - probability));
    }

    [Fact]
    public void Masks_SameSeed_IsTheSame()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(7);
        float[] first = NetworkComparison.Values(DropPath.Masks(1, 64, 0.5, CPU, ScalarType.Float32));
        manual_seed(7);
        Assert.Equal(first, NetworkComparison.Values(DropPath.Masks(1, 64, 0.5, CPU, ScalarType.Float32)));
    }
}
