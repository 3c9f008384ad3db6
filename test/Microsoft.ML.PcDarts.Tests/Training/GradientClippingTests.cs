using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class GradientClippingTests
{
    [Theory]
    [InlineData(0.5)] // clips
    [InlineData(1e6)] // leaves the gradients as they are
    public void ClipOnDevice_AnyNorm_EqualsTorch(double maximum)
    {
        using DisposeScope scope = NewDisposeScope();
        random.manual_seed(1);
        Parameter[] expected = Parameters(), actual = Parameters();
        nn.utils.clip_grad_norm_(expected, maximum);
        GradientClipping.ClipOnDevice(actual, maximum);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(expected[i].grad!.allclose(actual[i].grad!, rtol: 1e-6));

        static Parameter[] Parameters() => [.. Enumerable.Range(1, 4).Select(i => new Parameter(zeros(i, 3)) { grad = arange(3 * i, ScalarType.Float32).reshape(i, 3) })];
    }

    [Fact]
    public void ClipOnDevice_SomeWithoutGradient_AreLeftOut()
    {
        using DisposeScope scope = NewDisposeScope();
        Parameter with = new(zeros(2)) { grad = tensor(new float[] { 3, 4 }) }, without = new(zeros(2));
        GradientClipping.ClipOnDevice([without, with], 1);
        Assert.Equal(1, with.grad!.norm().item<float>(), 1e-5);
        GradientClipping.ClipOnDevice([without], 1);
        Assert.Null(without.grad);
    }
}
