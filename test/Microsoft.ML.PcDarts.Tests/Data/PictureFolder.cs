using SkiaSharp;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>A folder of pictures that is gone after the test.</summary>
internal sealed class PictureFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("pcdarts-test-").FullName;

    public string File(string name, byte[] content)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    public string Picture(string name, int width = 16, int height = 16, int seed = 0)
        => File(name, Pictures.Noise(width, height, seed, Pictures.FormatOf(name)));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Encoded pictures made on the spot.</summary>
internal static class Pictures
{
    public static SKEncodedImageFormat FormatOf(string name)
        => System.IO.Path.GetExtension(name).ToUpperInvariant() switch
        {
            ".PNG" => SKEncodedImageFormat.Png,
            ".WEBP" => SKEncodedImageFormat.Webp,
            _ => SKEncodedImageFormat.Jpeg,
        };

    public static byte[] Noise(int width, int height, int seed = 0, SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        Random random = new(seed);
        using SKBitmap bitmap = new(new SKImageInfo(width, height, SKColorType.Bgra8888, SKAlphaType.Opaque));
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
                bitmap.SetPixel(x, y, new SKColor((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256)));
        }
        return Encode(bitmap, format);
    }

    public static byte[] Solid(int width, int height, SKColor color, SKColorType type = SKColorType.Bgra8888, SKAlphaType alpha = SKAlphaType.Opaque)
    {
        using SKBitmap bitmap = new(new SKImageInfo(width, height, type, alpha));
        bitmap.Erase(color);
        return Encode(bitmap, SKEncodedImageFormat.Png);
    }

    private static byte[] Encode(SKBitmap bitmap, SKEncodedImageFormat format)
    {
        using SKData data = bitmap.Encode(format, 95);
        return data.ToArray();
    }
}
