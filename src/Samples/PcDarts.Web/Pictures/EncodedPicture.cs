using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.ML.Data;
using SkiaSharp;

namespace PcDarts.Web.Pictures;

/// <summary>A picture file as it was sent.</summary>
/// <param name="name">What the messages call it.</param>
/// <param name="data">The file; null where it is empty. Disposed with the picture.</param>
internal sealed class EncodedPicture(string name, SKData? data) : IDisposable
{
    private const string Formats = "JPEG, PNG, GIF, BMP or WebP";

    private static readonly SKEncodedImageFormat[] Allowed =
        [SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Png, SKEncodedImageFormat.Gif, SKEncodedImageFormat.Bmp,
            SKEncodedImageFormat.Webp];

    public string Name => name;

    /// <summary>Size of the file.</summary>
    public long Bytes => data?.Size ?? 0;

    /// <summary>Width times height, as far as <see cref="Inspect"/> could read it.</summary>
    public long Pixels { get; private set; }

    /// <summary>Why the picture cannot be answered, as far as <see cref="Inspect"/> could see; null where it may be.</summary>
    public RejectedException? Problem { get; private set; }

    /// <summary>Reads the picture's header.</summary>
    /// <param name="maxPixels">Most pixels.</param>
    public void Inspect(long maxPixels)
    {
        try
        {
            using SKCodec codec = Open();
            SKImageInfo info = codec.Info;
            long pixels = (long)info.Width * info.Height;
            if (pixels > maxPixels)
            {
                throw new RejectedException(StatusCodes.Status413PayloadTooLarge, "Too many pixels",
                    string.Create(CultureInfo.InvariantCulture,
                    $"{Name} has {info.Width}×{info.Height} = {pixels} pixels; at most {maxPixels} are allowed. "
                        + $"Make it smaller before sending."));
            }
            Pixels = pixels;
        }
        catch (RejectedException rejected)
        {
            Problem = rejected;
        }
    }

    /// <summary>Decodes to the pixels that ML.NET's loader gives.</summary>
    /// <exception cref="RejectedException">It is empty, no picture, cut short or damaged.</exception>
    public MLImage Decode()
    {
        using SKCodec codec = Open();
        SKImageInfo info = codec.Info;
        // The types that ML.NET decodes to: colors are multiplied by their alpha, and every format has four bytes a pixel.
        bool rgba = info.ColorType == SKColorType.Rgba8888;
        var target = new SKImageInfo(info.Width, info.Height, rgba ? SKColorType.Rgba8888 : SKColorType.Bgra8888,
            info.AlphaType == SKAlphaType.Unpremul ? SKAlphaType.Premul : info.AlphaType);
        var bitmap = new SKBitmap();
        try
        {
            if (!bitmap.TryAllocPixels(target))
                throw new OutOfMemoryException($"There is no memory for the {target.Width}×{target.Height} pixels of a picture.");
            SKCodecResult result = codec.GetPixels(target, bitmap.GetPixels());
            if (result == SKCodecResult.Success)
                return Wrap(bitmap);
            throw new RejectedException(StatusCodes.Status400BadRequest, "The picture is cut short or damaged",
                $"{Name} cannot be decoded to its end ({result}); send the whole file, and make it again if it is damaged.");
        }
        catch
        {
            bitmap.Dispose();
            throw;
        }
    }

    public void Dispose() => data?.Dispose();

    private SKCodec Open()
    {
        if (data is null)
            throw new RejectedException(StatusCodes.Status400BadRequest, "The picture is empty",
                $"{Name} has no bytes; send a {Formats} file.");
        SKCodec? codec = SKCodec.Create(data);
        if (codec is null)
            throw new RejectedException(StatusCodes.Status415UnsupportedMediaType, "Not a picture",
                $"{Name} is not a picture that can be decoded; send a whole {Formats} file.");
        if (Allowed.Contains(codec.EncodedFormat))
            return codec;
        using (codec)
            throw new RejectedException(StatusCodes.Status415UnsupportedMediaType, "Not a known picture format",
                $"{Name} is a picture of the format {codec.EncodedFormat}; send a {Formats} file.");
    }

    // ML.NET's public ways copy the pixels, beside what the decoder still holds.
    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern MLImage Wrap(SKBitmap bitmap);
}
