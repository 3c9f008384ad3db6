using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Optimizers;

/// <summary>
/// Progressive resizing: early epochs see smaller pictures, at a fraction of the cost; the last quarter sees the full size, which is the
/// size that is scored later.
/// </summary>
/// <remarks>
/// Differs from PC-DARTS, whose code trains at one size. The idea is Howard's entry to DAWNBench (2018) and Touvron et al. 2019.
/// </remarks>
internal static class ResizingSchedule
{
    private const int SmallestSide = 16;

    /// <summary>The size of an epoch's pictures.</summary>
    /// <param name="size">Full height and width in pixels.</param>
    /// <param name="epoch">Epoch, from 0.</param>
    /// <param name="epochs">Epochs of the training.</param>
    public static (int Height, int Width) Size((int Height, int Width) size, int epoch, int epochs)
    {
        int fullEpochs = (epochs + 3) / 4;
        double scale = epoch >= epochs - fullEpochs ? 1 : epoch < 0.5 * epochs ? 0.625 : 0.75;
        return (Side(size.Height, scale), Side(size.Width, scale));
    }

    /// <summary>The sizes that occur, the full one last.</summary>
    public static IReadOnlyList<(int Height, int Width)> Sizes((int Height, int Width) size)
        => [.. Enumerable.Range(0, 4).Select(epoch => Size(size, epoch, 4)).Distinct()];

    /// <summary>Area interpolation to the given size; the same tensor when it has that size.</summary>
    /// <param name="images">float32 <c>[N, 3, H, W]</c>.</param>
    /// <param name="size">Height and width wanted.</param>
    public static Tensor Apply(Tensor images, (int Height, int Width) size) => images.size(2) == size.Height && images.size(3) == size.Width
        ? images
        : nn.functional.adaptive_avg_pool2d(images, [size.Height, size.Width]);

    private static int Side(int side, double scale) => Math.Min(side, Math.Max(SmallestSide, (int)Math.Round(side * scale / 4) * 4));
}
