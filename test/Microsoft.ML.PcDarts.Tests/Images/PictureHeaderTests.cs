using Microsoft.ML.PcDarts.Images;
using SkiaSharp;

namespace Microsoft.ML.PcDarts.Tests.Images;

public sealed class PictureHeaderTests : IDisposable
{
    private readonly PictureFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_Picture_TellsSizeAndCost()
    {
        PictureHeader? header = PictureHeader.Read(_folder.Picture("a.jpg", 40, 30), 1200, out string? problem);
        Assert.Null(problem);
        Assert.Equal(new PictureHeader(40, 30, IsTurned: false, BytesPerPixel: 4), header);
        Assert.Equal((1200, 4800), (header!.Pixels, header.DecodedBytes));
    }

    [Fact]
    public void Read_OnePixelTooMany_IsAProblem()
    {
        Assert.Null(PictureHeader.Read(_folder.Picture("a.jpg", 40, 30), 1199, out string? problem));
        Assert.Equal("is of 40×30 pixels, 1,200 in all, and MaximumPixels allows 1,199", problem);
    }

    [Theory]
    [InlineData(1, 0, 0, 6)]
    [InlineData(8, 2, 0, 4)]
    [InlineData(8, 2, 1, 12)]
    [InlineData(16, 6, 1, 12)]
    public void Read_Png_CostsByItsKind(byte bitDepth, byte colorType, byte interlace, int cost)
    {
        string path = _folder.File("a.png", Pictures.PngHeader(10_000, 9_000, bitDepth, colorType, interlace));
        Assert.Equal(cost, PictureHeader.Read(path, PictureHeader.DefaultMaximumPixels, out _)!.BytesPerPixel);
    }

    [Fact]
    public void Read_ProgressiveJpeg_CostsItsCoefficientsToo()
    {
        byte[] jpeg = Pictures.Noise(16, 16, 1, SKEncodedImageFormat.Jpeg);
        int start = jpeg.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]);
        jpeg[start + 1] = 0xC2;
        Assert.Equal(12, PictureHeader.Read(_folder.File("a.jpg", jpeg), 256, out _)!.BytesPerPixel);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(3, true)]
    [InlineData(6, true)]
    [InlineData(8, true)]
    public void Read_Orientation_IsToldWhenItTurns(byte orientation, bool turned)
    {
        string path = _folder.File("a.jpg", Pictures.WithOrientation(Pictures.Noise(16, 16, 1, SKEncodedImageFormat.Jpeg), orientation));
        Assert.Equal(turned, PictureHeader.Read(path, 256, out _)!.IsTurned);
    }

    [Fact]
    public void ProblemOf_FilesOfAllKinds_AreJudgedAsWhenTheyAreRead()
    {
        Assert.Null(PcDartsPictureFiles.ProblemOf(_folder.Picture("good.png")));
        Assert.EndsWith("does not exist.", PcDartsPictureFiles.ProblemOf(Path.Combine(_folder.Path, "absent.png")),
            StringComparison.Ordinal);
        Assert.EndsWith("is a folder.", PcDartsPictureFiles.ProblemOf(_folder.Path), StringComparison.Ordinal);
        Assert.Contains("MaximumPixels allows 255", PcDartsPictureFiles.ProblemOf(_folder.Picture("large.png"), maximumPixels: 255),
            StringComparison.Ordinal);
        byte[] heic = [0, 0, 0, 24, .. "ftypheic\0\0\0\0mif1heic"u8, .. new byte[100]];
        Assert.Contains("it is a HEIC picture (iPhones take such); convert it to JPEG or PNG.",
            PcDartsPictureFiles.ProblemOf(_folder.File("a.jpg", heic)), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void ProblemOf_DeadLink_NamesItsTarget()
    {
        Skip.If(OperatingSystem.IsWindows(), "Making a link needs a privilege on Windows.");
        string link = Path.Combine(_folder.Path, "a.jpg");
        File.CreateSymbolicLink(link, "missing.jpg");
        Assert.Contains("is a link to 'missing.jpg', which does not exist", PcDartsPictureFiles.ProblemOf(link), StringComparison.Ordinal);
    }
}
