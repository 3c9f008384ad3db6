using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>
/// Whole-batch image augmentation as pure functions: nothing is changed in place, every sample draws its own parameters, and the
/// same generator state gives the same result. Draws are made on the generator's device and moved to the images', so a CPU generator makes
/// a GPU batch that equals the CPU's.
/// </summary>
/// <remarks>
/// Order of the paper's recipe: pad-and-crop and flip on bytes (the padding is black, before normalization), normalize, then cutout with
/// zeros (the mean color, after normalization).
/// </remarks>
internal static class Augmentation
{
    /// <summary>Crop, flip, normalize and cut out in the paper's order.</summary>
    /// <param name="images">uint8 <c>[N, 3, H, W]</c>.</param>
    /// <param name="mean">float32 <c>[3]</c>, in 0..1 scale, on the images' device.</param>
    /// <param name="std">float32 <c>[3]</c>, in 0..1 scale, on the images' device.</param>
    /// <param name="cropPadding">Black pixels added on every side before cropping back; 0 leaves cropping out.</param>
    /// <param name="flip">Whether half of the pictures are mirrored left to right.</param>
    /// <param name="cutout">Side of the erased square; 0 leaves it out.</param>
    /// <param name="generator">Where the random numbers come from.</param>
    /// <param name="reflect">Whether crops mirror the picture at its edge instead of showing black.</param>
    /// <param name="mirrored">bool <c>[N]</c>: the pictures to mirror, instead of half of them by chance; null for chance.</param>
    /// <returns>float32 <c>[N, 3, H, W]</c>.</returns>
    public static Tensor Train(Tensor images, Tensor mean, Tensor std, int cropPadding, bool flip, int cutout, Generator generator,
        bool reflect = false, Tensor? mirrored = null)
    {
        using DisposeScope scope = NewDisposeScope();
        long n = images.shape[0];
        Tensor? offsets = cropPadding > 0 ? DrawOffsets(n, cropPadding, generator, images.device) : null;
        mirrored ??= flip ? DrawFlips(n, generator, images.device) : null;
        Tensor result = offsets is null && mirrored is null
            ? images
            : Sample(images, cropPadding, offsets?[0], offsets?[1], mirrored, reflect);
        result = Normalize(result, mean, std);
        if (cutout > 0)
            result = Cutout(result, cutout, generator);
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>(x / 255 − mean) / std.</summary>
    /// <param name="images">uint8 <c>[N, 3, H, W]</c>.</param>
    /// <param name="mean">float32 <c>[3]</c>, in 0..1 scale, on the images' device.</param>
    /// <param name="std">float32 <c>[3]</c>, in 0..1 scale, on the images' device.</param>
    /// <returns>float32 <c>[N, 3, H, W]</c>.</returns>
    public static Tensor Normalize(Tensor images, Tensor mean, Tensor std)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor scale = std.Times(255).reciprocal().view(1, -1, 1, 1);
        Tensor shift = (mean / std).view(1, -1, 1, 1);
        return images.to(ScalarType.Float32).mul_(scale).sub_(shift).MoveToOuterDisposeScope();
    }

    /// <summary>Pads with black and crops back to the same size at a random place of its own for every picture.</summary>
    /// <param name="images">Any dtype, <c>[N, C, H, W]</c>.</param>
    /// <param name="padding">Pixels on every side; the offsets are uniform in 0..2·padding.</param>
    /// <param name="generator">Where the random numbers come from.</param>
    /// <returns>Same shape and dtype.</returns>
    public static Tensor RandomCrop(Tensor images, int padding, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor offsets = DrawOffsets(images.shape[0], padding, generator, images.device);
        return Crop(images, padding, offsets[0], offsets[1]).MoveToOuterDisposeScope();
    }

    /// <summary>Pads with zeros, or by reflection, and crops back to the same size at the given place.</summary>
    /// <param name="images">Any dtype, <c>[N, C, H, W]</c>.</param>
    /// <param name="padding">Pixels on every side.</param>
    /// <param name="top">int64 <c>[N]</c>: first row kept of the padded picture, 0..2·padding.</param>
    /// <param name="left">int64 <c>[N]</c>: first column kept of the padded picture, 0..2·padding.</param>
    /// <param name="reflect">Whether the padding mirrors the picture at its edge; it must be narrower than the picture then.</param>
    /// <returns>Same shape and dtype.</returns>
    public static Tensor Crop(Tensor images, int padding, Tensor top, Tensor left, bool reflect = false)
        => Sample(images, padding, top, left, mirrored: null, reflect);

    /// <summary>Mirrors each picture left to right with probability ½.</summary>
    /// <param name="images">Any dtype, <c>[N, C, H, W]</c>.</param>
    /// <param name="generator">Where the random numbers come from.</param>
    /// <returns>Same shape and dtype.</returns>
    public static Tensor HorizontalFlip(Tensor images, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        return Flip(images, DrawFlips(images.shape[0], generator, images.device)).MoveToOuterDisposeScope();
    }

    /// <summary>Mirrors the chosen pictures left to right.</summary>
    /// <param name="images">Any dtype, <c>[N, C, H, W]</c>.</param>
    /// <param name="chosen">bool <c>[N]</c>.</param>
    /// <returns>Same shape and dtype.</returns>
    public static Tensor Flip(Tensor images, Tensor chosen) => Sample(images, padding: 0, top: null, left: null, chosen, reflect: false);

    /// <summary>
    /// Sets one square of each picture to zero; its center is uniform over the pixels and the square is clipped at the edges.
    /// </summary>
    /// <param name="images">float32 <c>[N, C, H, W]</c>, normalized.</param>
    /// <param name="length">Side of the square; an odd length erases length − 1, as in the paper's code.</param>
    /// <param name="generator">Where the random numbers come from.</param>
    /// <returns>Same shape and dtype.</returns>
    public static Tensor Cutout(Tensor images, int length, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        (long n, long h, long w) = (images.shape[0], images.shape[2], images.shape[3]);
        Tensor rows = Inside(h, length / 2, Draw(h, [n], generator, images.device)); // [N, H]
        Tensor columns = Inside(w, length / 2, Draw(w, [n], generator, images.device)); // [N, W]
        Tensor erased = rows.view(n, 1, h, 1).logical_and(columns.view(n, 1, 1, w)); // [N, 1, H, W]
        // A product with 0 and 1 runs some twenty times faster on a CPU than masked_fill with a broadcast mask.
        return images.mul(erased.logical_not().to(images.dtype)).MoveToOuterDisposeScope();
    }

    // One gather does the crop and the mirroring: each output pixel looks up where it comes from in the zero-padded picture.
    private static Tensor Sample(Tensor images, int padding, Tensor? top, Tensor? left, Tensor? mirrored, bool reflect)
    {
        using DisposeScope scope = NewDisposeScope();
        (long n, long c, long h, long w) = (images.shape[0], images.shape[1], images.shape[2], images.shape[3]);
        Tensor padded = images;
        reflect &= padding > 0;
        if (padding > 0 && !reflect)
        {
            padded = zeros([n, c, h + (2 * padding), w + (2 * padding)], images.dtype, images.device);
            padded.narrow(2, padding, h).narrow(3, padding, w).copy_(images);
        }
        Tensor rows = TensorNumbers.Range(h, images.device).view(1, h, 1);
        if (top is not null)
            rows = rows.Plus(top.view(n, 1, 1)); // [N, H, 1]
        Tensor columns = TensorNumbers.Range(w, images.device).view(1, 1, w);
        if (mirrored is not null)
            columns = where(mirrored.view(n, 1, 1), columns.flip(2), columns); // [N, 1, W]
        if (left is not null)
            columns = columns.Plus(left.view(n, 1, 1));
        if (reflect)
            (rows, columns) = (Reflect(rows.Plus(-padding), h), Reflect(columns.Plus(-padding), w));
        Tensor source = rows.Times(padded.shape[3]).Plus(columns).view(n, 1, h * w).expand(n, c, h * w);
        return padded.reshape(n, c, -1).gather(2, source).view(n, c, h, w).MoveToOuterDisposeScope();
    }

    // −1 is pixel 1, and the pixel after the last the one before it.
    private static Tensor Reflect(Tensor place, long size) => place.abs().Plus(1 - size).abs().neg().Plus(size - 1);

    private static Tensor Inside(long size, int half, Tensor center)
    {
        Tensor distance = TensorNumbers.Range(size, center.device).view(1, size) - center.view(-1, 1);
        return distance.IsWithin(-half, half);
    }

    private static Tensor DrawOffsets(long n, int padding, Generator generator, Device device)
        => Draw((2 * padding) + 1, [2, n], generator, device);

    private static Tensor DrawFlips(long n, Generator generator, Device device)
    {
        using Tensor coins = Draw(2, [n], generator, device);
        return coins.to(ScalarType.Bool);
    }

    private static Tensor Draw(long below, long[] shape, Generator generator, Device device)
        => randint(0, below, shape, ScalarType.Int64, generator.device, generator: generator).to(device, non_blocking: true);
}
