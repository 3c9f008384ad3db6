using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks;

/// <summary>The bias-free convolutions that all layers are made of.</summary>
internal static class Convolutions
{
    /// <summary>A k×k convolution that maps a side s to ceil(s / stride).</summary>
    public static Conv2d Square(int input, int output, int kernel, int stride)
        => nn.Conv2d(input, output, kernel, stride, kernel / 2, bias: false);

    public static Conv2d Pointwise(int input, int output)
        => nn.Conv2d(input, output, 1, bias: false);

    public static Conv2d Depthwise(int channels, int kernel, int stride, int dilation = 1)
        => nn.Conv2d(channels, channels, kernel, stride, kernel / 2 * dilation, dilation, groups: channels, bias: false);

    /// <summary>
    /// Convolves in the type of the input, which may be bfloat16 although the weights are kept in float32; batch norms need no such cast.
    /// </summary>
    public static Tensor Apply(this Conv2d convolution, Tensor input) => convolution.Apply(input, convolution.weight.to(input.dtype));

    /// <summary>Convolves with the stride, padding and dilation of a convolution, but with other weights.</summary>
    /// <param name="convolution">Stride, padding and dilation.</param>
    /// <param name="input">[N, C, H, W].</param>
    /// <param name="weight">[O, C / groups, k, k] in the type of the input.</param>
    public static Tensor Apply(this Conv2d convolution, Tensor input, Tensor weight)
        => convolution.dilation![0] == 2 && IsChannelsLast(input)
            ? ByPhases(convolution, input, weight)
            : Convolve(input, weight, convolution.stride!, convolution.padding!, convolution.dilation);

    /// <summary>
    /// A convolution of odd square kernels that maps a side s to ceil(s / stride), in as many groups as the weight leaves inputs for.
    /// </summary>
    public static Tensor Convolve(Tensor input, Tensor weight, long stride)
    {
        long padding = weight.size(2) / 2;
        return Convolve(input, weight, [stride, stride], [padding, padding], [1, 1]);
    }

    private static Tensor Convolve(Tensor input, Tensor weight, long[] stride, long[] padding, long[] dilation)
        => nn.functional.conv2d(input, weight, null, stride, padding, dilation, groups: input.size(1) / weight.size(1));

    private static bool IsChannelsLast(Tensor input) => input.size(1) > 1 && input.stride(1) == 1;

    // No library has a fast dilated depthwise convolution of channels-last maps: cuDNN's takes ten times as long as a plain one, and in
    // bf16 on a CPU libtorch 2.10 leaves gradients
    // of the weights unwritten. With dilation 2 the pixels of one parity meet only each other, which makes four plain convolutions of
    // pictures of half the side.
    private static Tensor ByPhases(Conv2d convolution, Tensor input, Tensor weight)
    {
        using DisposeScope scope = NewDisposeScope();
        if (convolution.stride![0] == 2)
        {
            // Every output reads pixels of even rows and columns.
            Tensor even = ChannelsLast.Of(input.slice(2, 0, input.size(2), 2).slice(3, 0, input.size(3), 2));
            return Convolve(even, weight, stride: 1).MoveToOuterDisposeScope();
        }

        long n = input.size(0), channels = input.size(1), height = input.size(2), width = input.size(3);
        long rows = (height + 1) / 2, columns = (width + 1) / 2;
        Tensor pixels = ChannelsLast.Pixels(input);
        if (height != 2 * rows || width != 2 * columns)
            pixels = nn.functional.pad(pixels, [0, 0, 0, 2 * columns - width, 0, 2 * rows - height]);
        Tensor phases = pixels.reshape(n, rows, 2, columns, 2, channels).permute(2, 4, 0, 1, 3, 5).reshape(4 * n, rows, columns, channels);
        Tensor output = ChannelsLast.Pixels(Convolve(ChannelsLast.Map(phases), weight, stride: 1));
        Tensor joined = output.reshape(2, 2, n, rows, columns, channels)
            .permute(2, 3, 0, 4, 1, 5)
            .reshape(n, 2 * rows, 2 * columns, channels);
        return ChannelsLast.Map(joined.narrow(1, 0, height).narrow(2, 0, width)).MoveToOuterDisposeScope();
    }
}
