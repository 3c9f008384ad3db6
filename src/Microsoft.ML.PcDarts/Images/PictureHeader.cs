using System.Buffers.Binary;
using System.Globalization;
using Microsoft.ML.PcDarts.Platform;
using SkiaSharp;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>The header of a picture file, read before anything is decoded.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="IsTurned">Whether its EXIF orientation says that it is to be shown turned or mirrored, which no decoder here does.</param>
/// <param name="BytesPerPixel">Memory that decoding it takes at most, for each pixel.</param>
internal sealed record PictureHeader(int Width, int Height, bool IsTurned, int BytesPerPixel)
{
    /// <summary>Most pixels of a picture where no option says otherwise: above the largest sensors of phones (200 megapixels), 1 GB
    /// when decoded.</summary>
    public const int DefaultMaximumPixels = 250_000_000;

    private const int HeadLength = 65_536;

    // Measured with MLImage.CreateFromFile on 27 megapixels: 4.0 bytes a pixel; 6.0 for gray PNG; interlaced PNG keeps its rows
    // besides (7.0 of RGB, 12.0 of 16-bit RGBA), and libjpeg the coefficients of
    // a progressive JPEG (two bytes a sample).
    private const int Plain = 4, Gray = 6, Reordered = 12, Unknown = 8;

    /// <summary>Pixels of the picture.</summary>
    public long Pixels => (long)Width * Height;

    /// <summary>Memory that decoding it takes, in bytes.</summary>
    public long DecodedBytes => Pixels * BytesPerPixel;

    /// <summary>The size as text, such as "12,000×9,000 pixels".</summary>
    public string SizeText => string.Create(CultureInfo.InvariantCulture, $"{Width:N0}×{Height:N0} pixels");

    /// <summary>Reads the header of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maximumPixels">Most pixels that it may have.</param>
    /// <param name="problem">Why the picture cannot be used, as the end of a sentence that begins with its name; null when the
    /// header is good.</param>
    /// <returns>The header; null with a problem.</returns>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PictureHeader? Read(string path, int maximumPixels, out string? problem)
    {
        problem = FileType.ProblemOf(path);
        if (problem is not null)
            return null;
        byte[] head = HeadOf(path);
        using SKCodec? codec = SKCodec.Create(path);
        if (codec is null)
        {
            problem = Undecodable(head);
            return null;
        }
        SKImageInfo info = codec.Info;
        PictureHeader header = new(info.Width, info.Height, codec.EncodedOrigin != SKEncodedOrigin.TopLeft, Cost(head));
        if (header.Pixels <= maximumPixels)
            return header;
        problem = string.Create(CultureInfo.InvariantCulture,
            $"is of {header.SizeText}, {header.Pixels:N0} in all, and MaximumPixels allows {maximumPixels:N0}");
        return null;
    }

    /// <summary>Why a file whose first bytes are <paramref name="head"/> cannot be decoded.</summary>
    public static string Undecodable(ReadOnlySpan<byte> head)
        => PictureFormat.Of(head[..Math.Min(head.Length, PictureFormat.HeadLength)]) switch
        {
            { Remedy: { } remedy } format => $"cannot be decoded: it is {format.Name}; {remedy}",
            { } format => $"cannot be decoded: it begins like {format.Name} and is cut short or damaged",
            null => "cannot be decoded: its first bytes are of no known format",
        };

    /// <summary>The first bytes of a regular file.</summary>
    public static byte[] HeadOf(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        byte[] head = new byte[Math.Min(HeadLength, file.Length)];
        return head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
    }

    private static int Cost(ReadOnlySpan<byte> head) => head switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] when head.Length > 28 => head[28] != 0 ? Reordered : head[25] is 0 or 4 ? Gray : Plain,
        [0xFF, 0xD8, ..] => JpegCost(head),
        [(byte)'B', (byte)'M', ..] => Plain,
        _ => Unknown,
    };

    private static int JpegCost(ReadOnlySpan<byte> head)
    {
        const int Progressive = 0xC2, Lossless = 0xC3, Tables = 0xC4, Reserved = 0xC8, Arithmetic = 0xCC, Scan = 0xDA;
        for (int at = 2; at + 9 < head.Length && head[at] == 0xFF;)
        {
            int marker = head[at + 1];
            if (marker is 0xFF or 0x01 or (>= 0xD0 and <= 0xD7))
            {
                at += marker == 0xFF ? 1 : 2;
                continue;
            }
            if (marker is >= 0xC0 and <= 0xCF and not (Tables or Reserved or Arithmetic))
                return marker is Progressive or > Lossless ? Reordered : head[at + 9] == 1 ? Gray : Plain;
            if (marker == Scan)
                break;
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(head[(at + 2)..]);
        }
        return Reordered;
    }
}
