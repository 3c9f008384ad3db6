using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>The channel arithmetic of partial channel connections (PC-DARTS, section 3.1): only C/K channels pass the operations.</summary>
internal static class PartialChannel
{
    /// <summary>The first C/K channels and the others, as views.</summary>
    public static (Tensor Active, Tensor Bypassed) Split(Tensor input, int partialChannels)
    {
        long channels = input.size(1), active = channels / partialChannels;
        return (input.narrow(1, 0, active), input.narrow(1, active, channels - active));
    }

    /// <summary>The bypassed channels after the cell: themselves, or at stride 2 their 2×2 maxima.</summary>
    // Differs from PC-DARTS: the stride decides, not a comparison of heights, and odd sides round up as strided convolutions do.
    public static Tensor Bypass(Tensor bypassed, int stride)
        => stride == 1 ? bypassed : nn.functional.max_pool2d(bypassed, 2, 2, ceil_mode: true);

    /// <summary>Channel g·(C/K) + i goes to channel i·K + g.</summary>
    public static Tensor Shuffle(Tensor input, int groups)
    {
        if (groups == 1)
            return input;
        using DisposeScope scope = NewDisposeScope();
        long[] shape = input.shape; // [N, C, H, W]
        return input.view(shape[0], groups, shape[1] / groups, shape[2], shape[3])
            .transpose(1, 2) // [N, C/K, K, H, W]
            .reshape(shape)
            .MoveToOuterDisposeScope();
    }
}
