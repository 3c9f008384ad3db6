using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.ML.Data;
using SkiaSharp;

namespace PcDarts.Web.Pictures;

/// <summary>A picture file as it was sent.</summary>
/// <param name="Name">What the messages call it.</param>
/// <param name="Content">The file.</param>
internal sealed record EncodedPicture(string Name, byte[] Content)
{
    private const string Formats = "JPEG, PNG, GIF, BMP or WebP";

    /// <summary>Decodes to the pixels that ML.NET's loader gives.</summary>
    /// <param name="maxPixels">Most pixels; a larger picture is refused by its header.</param>
    /// <exception cref="RejectedException">It is empty, no picture, too large, cut short or damaged.</exception>
    public MLImage Decode(long maxPixels)
    {
        if (Content.Length == 0)
            throw new RejectedException(StatusCodes.Status400BadRequest, "The picture is empty", $"{Name} has no bytes; send a {Formats} file.");
        using SKData data = SKData.CreateCopy(Content);
        using SKCodec? codec = SKCodec.Create(data);
        if (codec is null)
            throw new RejectedException(StatusCodes.Status415UnsupportedMediaType, "Not a picture", $"{Name} is not a picture that can be decoded; send a whole {Formats} file.");
        SKImageInfo info = codec.Info;
        long pixels = (long)info.Width * info.Height;
        if (pixels > maxPixels)
        {
            throw new RejectedException(StatusCodes.Status413PayloadTooLarge, "Too many pixels", string.Create(CultureInfo.InvariantCulture,
                $"{Name} has {info.Width}×{info.Height} = {pixels} pixels; at most {maxPixels} are allowed. Make it smaller before sending."));
        }
        // The types that ML.NET decodes to: colours are multiplied by their alpha, and every format has four bytes a pixel.
        bool rgba = info.ColorType == SKColorType.Rgba8888;
        var target = new SKImageInfo(info.Width, info.Height, rgba ? SKColorType.Rgba8888 : SKColorType.Bgra8888, info.AlphaType == SKAlphaType.Unpremul ? SKAlphaType.Premul : info.AlphaType);
        using var bitmap = new SKBitmap();
        if (!bitmap.TryAllocPixels(target))
            throw new RejectedException(StatusCodes.Status413PayloadTooLarge, "Too many pixels", $"{Name} has {pixels} pixels, for which there is no memory; make it smaller before sending.");
        SKCodecResult result = codec.GetPixels(target, bitmap.GetPixels());
        if (result != SKCodecResult.Success)
        {
            throw new RejectedException(StatusCodes.Status400BadRequest, "The picture is cut short or damaged",
                $"{Name} cannot be decoded to its end ({result}); send the whole file, and make it anew if it is damaged.");
        }
        return MLImage.CreateFromPixels(info.Width, info.Height, rgba ? MLPixelFormat.Rgba32 : MLPixelFormat.Bgra32, bitmap.GetPixelSpan());
    }
}
