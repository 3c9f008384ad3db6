using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Platform;
using SkiaSharp;

namespace Microsoft.ML.PcDarts;

/// <summary>
/// How much each place of a picture speaks for a class: Grad-CAM (Selvaraju et al. 2017) of the last cell, which for this kind of network
/// is the classifier's weighted sum of its maps (Zhou et al. 2016). Coarse: a value for a cell of a grid, 8×8 for a 32×32 picture.
/// </summary>
public sealed class PcDartsHeatMap
{
    private readonly float[] _values;

    internal PcDartsHeatMap(PcDartsPrediction prediction, string label, float[] plane, int height, int width)
    {
        (Prediction, Label, Height, Width) = (prediction, label, height, width);
        float largest = Math.Max(plane.Max(), float.Epsilon);
        _values = Array.ConvertAll(plane, value => Math.Max(0, value) / largest);
    }

    /// <summary>The model's prediction for the picture.</summary>
    public PcDartsPrediction Prediction { get; }

    /// <summary>The class that the map is of.</summary>
    public string Label { get; }

    /// <summary>Rows of the grid.</summary>
    public int Height { get; }

    /// <summary>Columns of the grid.</summary>
    public int Width { get; }

    /// <summary>
    /// The grid, row by row, float32 <c>[Height · Width]</c>: 0 for places that do not speak for the class, 1 for the one that does most;
    /// all 0 if none does.
    /// </summary>
    public IReadOnlyList<float> Values => _values;

    /// <summary>
    /// Writes the picture in shades of gray with the map over it, from clear over yellow to red, as PNG. So every color is the map's, on a
    /// picture of any color.
    /// </summary>
    /// <param name="image">The picture that was explained; not disposed.</param>
    /// <param name="path">The file; an existing one is replaced only once the new one is complete.</param>
    /// <param name="side">The picture is enlarged so that its shorter side has at least so many pixels, 1 to 4096. Default 256.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="side"/> is out of range.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(MLImage image, string path, int side = 256)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(side, 4096);
        double scale = Math.Max(1, (double)side / Math.Min(image.Width, image.Height));
        SKRectI whole = new(0, 0, (int)Math.Round(image.Width * scale), (int)Math.Round(image.Height * scale));
        using SKBitmap sheet = new(whole.Width, whole.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using SKCanvas canvas = new(sheet);
        using SKPaint smooth = new() { FilterQuality = SKFilterQuality.High };
        using (SKColorFilter filter = SKColorFilter.CreateColorMatrix(Gray()))
        using (SKPaint gray = new() { FilterQuality = SKFilterQuality.High, ColorFilter = filter })
        using (SKBitmap picture = Bitmap(image))
            canvas.DrawBitmap(picture, whole, gray);
        using (SKBitmap map = Colors())
            canvas.DrawBitmap(map, whole, smooth);
        canvas.Flush();
        AtomicFile.Write(path, file => sheet.Encode(file, SKEncodedImageFormat.Png, quality: 100));
    }

    private static SKBitmap Bitmap(MLImage image)
    {
        var bitmap = new SKBitmap(image.Width, image.Height,
            image.PixelFormat == MLPixelFormat.Bgra32 ? SKColorType.Bgra8888 : SKColorType.Rgba8888, SKAlphaType.Unpremul);
        Marshal.Copy(image.Pixels.ToArray(), 0, bitmap.GetPixels(), bitmap.ByteCount);
        return bitmap;
    }

    /// <summary>
    /// The color matrix of a picture's luminance (Rec. 709), a little darker so that the map's yellow stands out on white too.
    /// </summary>
    private static float[] Gray()
    {
        const float brightness = 0.8f;
        float[] row = [0.2126f * brightness, 0.7152f * brightness, 0.0722f * brightness, 0, 0];
        return [.. row, .. row, .. row, 0, 0, 0, 1, 0];
    }

    private SKBitmap Colors()
    {
        var bitmap = new SKBitmap(Width, Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        for (int i = 0; i < _values.Length; i++)
        {
            float value = _values[i];
            bitmap.SetPixel(i % Width, i / Width, new SKColor(255, (byte)(255 * (1 - value)), 0, (byte)(190 * value)));
        }

        return bitmap;
    }
}
