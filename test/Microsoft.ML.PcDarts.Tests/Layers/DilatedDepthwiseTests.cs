using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class DilatedDepthwiseTests
{
    [Theory]
    [InlineData(8, 8, 3, 1)]
    [InlineData(8, 8, 5, 1)]
    [InlineData(12, 11, 5, 1)]
    [InlineData(4, 3, 3, 1)]
    [InlineData(8, 8, 5, 2)]
    [InlineData(7, 5, 3, 1)]
    [InlineData(7, 5, 5, 2)]
    [InlineData(1, 1, 3, 1)]
    [InlineData(1, 4, 5, 2)]
    public void Apply_AnySize_EqualsDilatedConvolutionWithGradients(int height, int width, int kernel, int stride)
    {
        using DisposeScope scope = NewDisposeScope();
        random.manual_seed(5);
        const int Channels = 6;
        Tensor image = ChannelsLast.Of(randn(3, Channels, height, width));
        Tensor kernels = randn(Channels, 1, kernel, kernel);

        (Tensor Output, Tensor Image, Tensor Weight) Run(Func<Tensor, Tensor, Tensor> convolve)
        {
            Tensor input = image.detach().clone().requires_grad_(), weight = kernels.clone().requires_grad_();
            Tensor output = convolve(input, weight);
            (output * arange(output.numel(), ScalarType.Float32).view(output.shape).cos()).sum().backward();
            return (output, input.grad!, weight.grad!);
        }

        (Tensor output, Tensor imageGradient, Tensor weightGradient) = Run((input, weight) => DilatedDepthwise.Apply(input, weight, stride));
        (Tensor expected, Tensor expectedImage, Tensor expectedWeight) = Run((input, weight) => nn.functional.conv2d(
            input, weight, strides: [stride, stride], padding: [kernel - 1, kernel - 1], dilation: [2, 2], groups: Channels));

        Assert.Equal(expected.shape, output.shape);
        Assert.True(allclose(output, expected, 1e-5, 1e-5), "output");
        Assert.True(allclose(imageGradient, expectedImage, 1e-5, 1e-5), "gradient of the input");
        Assert.True(allclose(weightGradient, expectedWeight, 1e-4, 1e-4), "gradient of the weight");
    }
}
