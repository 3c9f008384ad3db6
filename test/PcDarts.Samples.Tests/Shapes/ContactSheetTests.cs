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
        using SKBitmap sheet = Draw(new ContactSheet.Entry(Picture(), "star", predicted, 0.9));

        Assert.Equal(marked, sheet.Pixels.Contains(new SKColor(0xC6, 0x28, 0x28)));
        Assert.Contains(SKColors.Gray, sheet.Pixels);
    }

    [Fact]
    public void Draw_LabelsWiderThanThePictures_KeepsThemApart()
    {
        ContactSheet.Entry entry = new(Picture(), "a long name", "triangle", 1);

        using SKBitmap sheet = Draw(entry, entry);

        // Below the pictures, the widest stretch of white between two columns with ink.
        const int labels = 52 + 128 + 8;
        int[] ink = [.. Enumerable.Range(0, sheet.Width)
            .Where(x => Enumerable.Range(labels, 40).Any(y => sheet.GetPixel(x, y) != SKColors.White))];
        Assert.InRange(ink.Zip(ink.Skip(1), (one, next) => next - one - 1).Max(), 18, 40);
    }

    [Fact]
    public void Width_OfText_FitsItsGlyphs() => Assert.Equal(2 * ((3 * PixelFont.Advance) - 1), PixelFont.Width("abc", 2));

    private string Picture()
    {
        string picture = _folder["0.png"];
        using SKBitmap gray = new(8, 8);
        using FileStream file = File.Create(picture);
        gray.Erase(SKColors.Gray);
        gray.Encode(file, SKEncodedImageFormat.Png, 100);
        return picture;
    }

    private static SKBitmap Draw(params ContactSheet.Entry[] entries)
    {
        using MemoryStream stream = new();
        ContactSheet.Draw(stream, "1 of 1", entries);
        stream.Position = 0;
        return SKBitmap.Decode(stream);
    }
}
