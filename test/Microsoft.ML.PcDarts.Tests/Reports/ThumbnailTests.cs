using System.Runtime.InteropServices;
using Microsoft.ML.PcDarts.Reports;
using SkiaSharp;

namespace Microsoft.ML.PcDarts.Tests.Reports;

public sealed class ThumbnailTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_LargePicture_IsMadeSmall()
    {
        using SKBitmap noise = new(1200, 800);
        byte[] pixels = new byte[noise.ByteCount];
        new Random(1).NextBytes(pixels);
        Marshal.Copy(pixels, 0, noise.GetPixels(), pixels.Length);
        using (FileStream file = File.Create(_folder.File("noise.png")))
            noise.Encode(file, SKEncodedImageFormat.Png, 100);

        string uri = Thumbnail.Of(_folder.File("noise.png"))!;

        Assert.StartsWith("data:image/jpeg;base64,", uri, StringComparison.Ordinal);
        using SKBitmap small = SKBitmap.Decode(Convert.FromBase64String(uri[(uri.IndexOf(',', StringComparison.Ordinal) + 1)..]));
        Assert.Equal((160, 107), (small.Width, small.Height));
        Assert.InRange(uri.Length, 100, 60_000);
    }

    [Fact]
    public void Of_NoPicture_IsNull()
    {
        File.WriteAllText(_folder.File("text.png"), "no picture");
        Assert.Null(Thumbnail.Of(_folder.File("text.png")));
        Assert.Null(Thumbnail.Of(_folder.File("missing.png")));
    }
}
