using TorchSharp;
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
    internal static Tensor Apply(this Conv2d convolution, Tensor input) => convolution.Apply(input, convolution.weight.to(input.dtype));

    /// <summary>Convolves with the stride, padding and dilation of a convolution, but with other weights.</summary>
    /// <param name="convolution">Stride, padding and dilation.</param>
    /// <param name="input">[N, C, H, W].</param>
    /// <param name="weight">[O, C / groups, k, k] in the type of the input.</param>
    internal static Tensor Apply(this Conv2d convolution, Tensor input, Tensor weight)
    {
        if (!IsMiscomputed(convolution, input))
            return Convolve(convolution, input, weight);
        using DisposeScope scope = NewDisposeScope();
        return Convolve(convolution, input.to(ScalarType.Float32), weight.to(ScalarType.Float32)).to(input.dtype).MoveToOuterDisposeScope();
    }

    private static Tensor Convolve(Conv2d convolution, Tensor input, Tensor weight) => nn.functional.conv2d(
        input, weight, null, convolution.stride, convolution.padding, convolution.dilation, groups: input.size(1) / weight.size(1));

    // On CPUs with bf16 instructions libtorch 2.10 leaves the gradients of a dilated depthwise convolution's weights unwritten where the map is stored channels-last
    // (seen at 32×32, not at 16×16).
    private static bool IsMiscomputed(Conv2d convolution, Tensor input)
        => input.dtype == ScalarType.BFloat16 && input.device_type == DeviceType.CPU && convolution.dilation![0] > 1;
}
