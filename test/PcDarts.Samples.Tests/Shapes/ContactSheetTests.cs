using PcDarts.Cli.Shapes;
using SkiaSharp;

namespace PcDarts.Samples.Tests.Shapes;

public sealed class ContactSheetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("star", false)]
    [InlineData("ring", true)]
    public void Draw_Entry_MarksWrongOnes(string predicted, bool marked)
    {
        string picture = _folder["0.png"];
        using (SKBitmap grey = new(8, 8))
        using (FileStream file = File.Create(picture))
        {
            grey.Erase(SKColors.Gray);
            grey.Encode(file, SKEncodedImageFormat.Png, 100);
        }

        using MemoryStream stream = new();
        ContactSheet.Draw(stream, "1 of 1", [new ContactSheet.Entry(picture, "star", predicted, 0.9)]);

        stream.Position = 0;
        using SKBitmap sheet = SKBitmap.Decode(stream);
        Assert.Equal(marked, sheet.Pixels.Contains(new SKColor(0xC6, 0x28, 0x28)));
        Assert.Contains(SKColors.Gray, sheet.Pixels);
    }

    [Fact]
    public void Width_OfText_FitsItsGlyphs() => Assert.Equal(2 * ((3 * PixelFont.Advance) - 1), PixelFont.Width("abc", 2));
}
