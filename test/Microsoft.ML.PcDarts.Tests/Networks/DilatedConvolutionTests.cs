using Microsoft.ML.PcDarts.Networks;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Networks;

public sealed class DilatedConvolutionTests
{
    [Theory]
    [InlineData(3, 1, 8, 8)]
    [InlineData(5, 1, 8, 8)]
    [InlineData(5, 1, 7, 8)]
    [InlineData(5, 1, 8, 5)]
    [InlineData(3, 1, 1, 3)]
    [InlineData(3, 2, 8, 8)]
    [InlineData(5, 2, 7, 9)]
    public void Apply_ChannelsLast_EqualsTheMapOfOtherLayout(int kernel, int stride, int height, int width)
    {
        using DisposeScope scope = NewDisposeScope();
        random.manual_seed(1);
        Conv2d convolution = Convolutions.Depthwise(6, kernel, stride, dilation: 2);
        Tensor image = randn(2, 6, height, width);
        Tensor[] expected = Compute(image), actual = Compute(ChannelsLast.Of(image));
        foreach ((Tensor one, Tensor other) in expected.Zip(actual))
        {
            Assert.Equal(one.shape, other.shape);
            Assert.True(one.allclose(other, rtol: 1e-4, atol: 1e-5));
        }

        Tensor[] Compute(Tensor input)
        {
            Tensor leaf = input.detach().requires_grad_(true);
            Tensor output = convolution.Apply(leaf);
            (output * arange(output.numel(), ScalarType.Float32).view(output.shape).cos()).sum().backward();
            Tensor weights = convolution.weight.grad!.clone();
            convolution.weight.grad = null;
            return [output.detach(), leaf.grad!, weights];
        }
    }
}
