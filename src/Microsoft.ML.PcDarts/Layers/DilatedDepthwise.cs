using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>A depthwise k×k convolution with dilation 2, computed without dilation on the 2×2 phases of the map.</summary>
/// <remarks>
/// A pixel reads only pixels of its own phase (row and column parity), so the four phases are four smaller pictures under a plain convolution; at stride 2 only the even
/// phase is read. oneDNN has no fast backward pass for dilated depthwise convolutions: at [96, 16, 32, 32] channels-last this form takes 14 ms instead of 62 (k = 3), forward and
/// backward, on two AVX2 cores.
/// </remarks>
internal static class DilatedDepthwise
{
    /// <summary>Whether <see cref="Apply"/> pays for this input: channels-last storage, and a backward pass to come.</summary>
    internal static bool Pays(Tensor input) => is_grad_enabled() && input.size(1) > 1 && input.stride(1) == 1;

    /// <summary>Equals <c>conv2d</c> with padding k−1, dilation 2 and one group a channel.</summary>
    /// <param name="input">Channels-last <c>[N, C, H, W]</c>.</param>
    /// <param name="weight"><c>[C, 1, k, k]</c>, k odd.</param>
    /// <param name="stride">1 or 2.</param>
    /// <returns>Channels-last <c>[N, C, ceil(H/stride), ceil(W/stride)]</c>.</returns>
    internal static Tensor Apply(Tensor input, Tensor weight, int stride)
    {
        using DisposeScope scope = NewDisposeScope();
        long n = input.size(0), c = input.size(1), h = input.size(2), w = input.size(3);
        long halfH = (h + 1) / 2, halfW = (w + 1) / 2, padding = weight.size(2) / 2;
        Tensor rows = input.permute(0, 2, 3, 1); // [N, H, W, C]
        if (h % 2 == 1 || w % 2 == 1)
            rows = nn.functional.pad(rows, [0, 0, 0, w % 2, 0, h % 2]);
        Tensor phases = rows.view(n, halfH, 2, halfW, 2, c).permute(2, 4, 0, 1, 3, 5); // [2, 2, N, H/2, W/2, C]
        if (stride == 2)
            return Convolve(phases[0, 0].contiguous()).MoveToOuterDisposeScope();

        // oneDNN has no fast backward pass for maps smaller than the kernel: such phases become the tiles of one map, with zeros between them.
        bool tiled = halfH < weight.size(2) || halfW < weight.size(3);
        Tensor result = tiled ? AsTiles() : AsPictures();
        return result.narrow(1, 0, h).narrow(2, 0, w).permute(0, 3, 1, 2).MoveToOuterDisposeScope();

        Tensor AsPictures() => Convolve(phases.reshape(4 * n, halfH, halfW, c))
            .permute(0, 2, 3, 1).view(2, 2, n, halfH, halfW, c).permute(2, 3, 0, 4, 1, 5).reshape(n, 2 * halfH, 2 * halfW, c);

        Tensor AsTiles()
        {
            long tileH = halfH + padding, tileW = halfW + padding;
            Tensor tiles = nn.functional.pad(phases.permute(2, 0, 3, 1, 4, 5), [0, 0, 0, padding, 0, 0, 0, padding]); // [N, 2, tileH, 2, tileW, C]
            return Convolve(tiles.view(n, 2 * tileH, 2 * tileW, c)).permute(0, 2, 3, 1).view(n, 2, tileH, 2, tileW, c)
                .narrow(2, 0, halfH).narrow(4, 0, halfW).permute(0, 2, 1, 4, 3, 5).reshape(n, 2 * halfH, 2 * halfW, c);
        }

        Tensor Convolve(Tensor maps) => nn.functional.conv2d(maps.permute(0, 3, 1, 2), weight, padding: [padding, padding], groups: c);
    }
}
