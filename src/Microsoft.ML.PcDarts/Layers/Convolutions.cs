using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>The bias-free convolutions that all layers are made of.</summary>
internal static class Convolutions
{
    /// <summary>A k×k convolution that maps a side s to ceil(s / stride).</summary>
    internal static Conv2d Square(int input, int output, int kernel, int stride)
        => nn.Conv2d(input, output, kernel, stride, kernel / 2, bias: false);

    internal static Conv2d Pointwise(int input, int output)
        => nn.Conv2d(input, output, 1, bias: false);

    internal static Conv2d Depthwise(int channels, int kernel, int stride, int dilation = 1)
        => nn.Conv2d(channels, channels, kernel, stride, kernel / 2 * dilation, dilation, groups: channels, bias: false);

    /// <summary>Convolves in the type of the input, which may be bfloat16 although the weights are kept in float32; batch norms need no such cast.</summary>
    internal static Tensor Apply(this Conv2d convolution, Tensor input)
        => nn.functional.conv2d(
            input, convolution.weight.to(input.dtype), null, convolution.stride, convolution.padding, convolution.dilation, convolution.groups);
}
