using Microsoft.ML.Data;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>Drawn pictures that stand for photographs.</summary>
internal static class RandomPicture
{
    /// <summary>Squares of random colors, eight across, so that files have the size of photographs' rather than of static.</summary>
    /// <param name="seed">Another seed, another picture.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="grain">How far a pixel strays from its square's color, 0 (not at all) to 127.</param>
    /// <returns>The picture, Bgra32; the caller disposes it.</returns>
    public static MLImage Draw(int seed, int width, int height, int grain = 0)
    {
        var random = new Random(seed);
        int cell = Math.Max(1, width / 8);
        byte[] colors = new byte[4 * 9 * (height / cell + 1)], pixels = new byte[4 * width * height];
        random.NextBytes(colors);
        random.NextBytes(pixels);
        for (int p = 0; p < pixels.Length; p++)
        {
            int x = p / 4 % width / cell, y = p / 4 / width / cell, stray = (pixels[p] * ((2 * grain) + 1) >> 8) - grain;
            pixels[p] = p % 4 == 3 ? (byte)255 : (byte)Math.Clamp(colors[4 * ((9 * y) + x) + (p % 4)] + stray, 0, 255);
        }
        return MLImage.CreateFromPixels(width, height, MLPixelFormat.Bgra32, pixels);
    }
}
