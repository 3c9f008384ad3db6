using System.Buffers.Binary;
using System.IO.Hashing;
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

    public static byte[] Solid(int width, int height, SKColor color, SKColorType type = SKColorType.Bgra8888,
        SKAlphaType alpha = SKAlphaType.Opaque)
    {
        using SKBitmap bitmap = new(new SKImageInfo(width, height, type, alpha));
        bitmap.Erase(color);
        return Encode(bitmap, SKEncodedImageFormat.Png);
    }

    /// <summary>A PNG that claims a size and holds no pixels.</summary>
    public static byte[] PngHeader(int width, int height, byte bitDepth = 1, byte colorType = 0, byte interlace = 0)
    {
        byte[] size = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(size, width);
        BinaryPrimitives.WriteInt32BigEndian(size.AsSpan(4), height);
        return [0x89, .. "PNG\r\n\x1A\n"u8, .. Chunk("IHDR"u8, [.. size, bitDepth, colorType, 0, 0, interlace]),
            .. Chunk("IDAT"u8, [0x78, 0x9C, 3, 0, 0, 0, 0, 1]), .. Chunk("IEND"u8, [])];
    }

    /// <summary>A JPEG with an EXIF segment that says how it is to be turned, 1 to 8.</summary>
    public static byte[] WithOrientation(byte[] jpeg, byte orientation)
    {
        byte[] exif = [.. "Exif\0\0MM\0*\0\0\0\x08\0\x01"u8, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
        return [.. jpeg[..2], 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. jpeg[2..]];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
    {
        byte[] content = [.. type, .. data];
        byte[] numbers = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(numbers, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(numbers.AsSpan(4), Crc32.HashToUInt32(content));
        return [.. numbers[..4], .. content, .. numbers[4..]];
    }

    private static byte[] Encode(SKBitmap bitmap, SKEncodedImageFormat format)
    {
        using SKData data = bitmap.Encode(format, 95);
        return data.ToArray();
    }
}
