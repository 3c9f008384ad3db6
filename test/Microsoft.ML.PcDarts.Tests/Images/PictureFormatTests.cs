using System.Text;
using Microsoft.ML.PcDarts.Images;
using SkiaSharp;

namespace Microsoft.ML.PcDarts.Tests.Images;

public sealed class PictureFormatTests
{
    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg, "a JPEG picture")]
    [InlineData(SKEncodedImageFormat.Png, "a PNG picture")]
    [InlineData(SKEncodedImageFormat.Webp, "a WebP picture")]
    public void Of_PictureThatIsRead_HasNoRemedy(SKEncodedImageFormat format, string name)
    {
        PictureFormat? found = PictureFormat.Of(Pictures.Noise(16, 16, 1, format));
        Assert.Equal((name, true), (found?.Name, found?.IsRead));
    }

    [Theory]
    [InlineData("....ftypheic....mif1heic", "HEIC")]
    [InlineData("....ftypmif1\0\0\0\0mif1heic", "HEIC")]
    [InlineData("....ftypmif1\0\0\0\0mif1avif", "AVIF")]
    [InlineData("....ftypavif....avif", "AVIF")]
    [InlineData("....ftypisom....isom", "video")]
    [InlineData("....ftypqt  ....", "video")]
    [InlineData("....ftypcrx ....", "camera's raw file")]
    [InlineData("II*\0....", "TIFF")]
    [InlineData("MM\0*....", "TIFF")]
    [InlineData("\0\0\0\x0CJXL \r\n", "JPEG XL")]
    [InlineData("ÿ\n....", "JPEG XL")]
    [InlineData("\0\0\0\x0CjP  \r\n", "JPEG 2000")]
    [InlineData("8BPS....", "Photoshop")]
    [InlineData("<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "SVG")]
    [InlineData("%PDF-1.7", "PDF")]
    [InlineData("PK\x03\x04....", "ZIP")]
    [InlineData("\x1F\u008B\x08", "gzip")]
    [InlineData("version https://git-lfs.github.com/spec/v1\n", "Git LFS")]
    [InlineData("../../.git/annex/objects/G7/9v/SHA256E-s31390--f50d7ac4c6b9031379986bc362fcefb65f1e52621ce1708d537e740fefc59cc0.mp3",
        "git-annex")]
    [InlineData("\r\n<!DOCTYPE html><html>", "web page")]
    [InlineData("data:image/png;base64,iVBOR", "data: URL")]
    [InlineData("{ \"error\": \"not found\" }", "text file")]
    [InlineData("\0\x05\x16\x07\0\x02\0\0", "AppleDouble")]
    [InlineData("P6\n16 16\n255\n", "PPM")]
    [InlineData("\0\0\x01\0\x01\0", "icon")]
    [InlineData("", "empty file")]
    public void Of_OtherFile_IsNamedWithARemedy(string head, string name)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(head);
        if (head.StartsWith("....", StringComparison.Ordinal))
            (bytes[0], bytes[1], bytes[2], bytes[3]) = (0, 0, 0, (byte)head.Length);
        PictureFormat? found = PictureFormat.Of(bytes);
        Assert.NotNull(found);
        Assert.Contains(name, found.Name, StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(found.Remedy));
    }

    [Fact]
    public void Of_Zeros_IsAnInterruptedCopy()
        => Assert.Contains("zeros", PictureFormat.Of(new byte[100])!.Name, StringComparison.Ordinal);

    [Fact]
    public void Of_TextCutInACharacter_IsText()
        => Assert.Equal("a text file", PictureFormat.Of(Encoding.UTF8.GetBytes("Grüße, 漢")[..^1])!.Name);

    [Fact]
    public void Of_UnknownBytes_IsNull() => Assert.Null(PictureFormat.Of([0xFE, 1, 2, 3, 0xC0, 0xAF, 9, 9, 9, 9]));

    // Every prefix and every flipped byte of the files above must be answered, whatever the answer.
    [Fact]
    public void Of_RandomBytes_NeverThrows()
    {
        Random random = new(1);
        byte[][] seeds = [Pictures.Noise(16, 16, 1, SKEncodedImageFormat.Jpeg), Pictures.PngHeader(9, 9),
            "\0\0\0\x18ftypmif1\0\0\0\0avif"u8.ToArray(), "<svg>é"u8.ToArray()];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. seeds[i % seeds.Length][..random.Next(
                Math.Min(seeds[i % seeds.Length].Length, PictureFormat.HeadLength) + 1)]];
            for (int change = random.Next(4); change > 0 && bytes.Length > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            _ = PictureFormat.Of(bytes);
        }
    }
}
