using Microsoft.ML.PcDarts.Images;
using SkiaSharp;

namespace Microsoft.ML.PcDarts.Reports;

/// <summary>Pictures inside a page.</summary>
internal static class Thumbnail
{
    /// <summary>Files up to this size are taken as they are.</summary>
    private const int MaximumBytes = 20 * 1024;
    private const int Side = 160;
    private const int Quality = 80;

    /// <summary>
    /// A data URI of a picture file, small enough for dozens in a page; null if the file is gone, is no picture, or is too large for the
    /// memory that is free.
    /// </summary>
    public static string? Of(string path)
    {
        try
        {
            return Make(path);
        }
        catch (InsufficientMemoryException)
        {
            // A page without one of its pictures is worth more than none.
            return null;
        }
    }

    private static string? Make(string path)
    {
        // Pipes are not opened, and what claims to be huge is not decoded.
        if (PictureHeader.Read(path, PictureHeader.DefaultMaximumPixels, out _) is not { } header)
            return null;
        using DecodingMemory.Lease memory = DecodingMemory.Shared.Enter(header, path, CancellationToken.None);
        byte[] bytes = File.ReadAllBytes(path);
        using SKData data = SKData.CreateCopy(bytes);
        using SKCodec? codec = SKCodec.Create(data);
        if (codec is null)
            return null;
        if (bytes.Length <= MaximumBytes && MediaType(codec.EncodedFormat) is { } type)
            return $"data:{type};base64,{Convert.ToBase64String(bytes)}";
        using SKBitmap? whole = SKBitmap.Decode(codec);
        if (whole is null)
            return null;
        double scale = Math.Min(1, Side / (double)Math.Max(whole.Width, whole.Height));
        var size = new SKImageInfo(Math.Max(1, (int)Math.Round(whole.Width * scale)), Math.Max(1, (int)Math.Round(whole.Height * scale)));
        using SKBitmap small = new(size);
        if (!whole.ScalePixels(small, SKFilterQuality.High))
            return null;
        using SKData jpeg = small.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return $"data:image/jpeg;base64,{Convert.ToBase64String(jpeg.AsSpan())}";
    }

    private static string? MediaType(SKEncodedImageFormat format) => format switch
    {
        SKEncodedImageFormat.Jpeg => "image/jpeg",
        SKEncodedImageFormat.Png => "image/png",
        SKEncodedImageFormat.Gif => "image/gif",
        SKEncodedImageFormat.Webp => "image/webp",
        SKEncodedImageFormat.Bmp => "image/bmp",
        _ => null,
    };
}
