using SkiaSharp;

namespace Microsoft.ML.PcDarts;

/// <summary>Pictures inside a page.</summary>
internal static class Thumbnail
{
    /// <summary>Files up to this size are taken as they are.</summary>
    private const int MaximumBytes = 20 * 1024;
    private const int Side = 160;
    private const int Quality = 80;

    /// <summary>A data URI of a picture file, small enough for dozens in a page; null if the file is gone or is no picture.</summary>
    public static string? Of(string path)
    {
        if (!File.Exists(path))
            return null;
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
