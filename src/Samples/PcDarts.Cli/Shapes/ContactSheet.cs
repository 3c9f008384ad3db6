using SkiaSharp;

namespace PcDarts.Cli.Shapes;

/// <summary>One PNG with pictures, the label predicted for each and, where that is wrong, the true one in red.</summary>
internal static class ContactSheet
{
    private const int Columns = 8;
    private const int PictureSide = 128;
    private const int Margin = 10;
    private const int CellWidth = PictureSide + (2 * Margin);
    private const int CellHeight = PictureSide + 58;
    private const int TitleHeight = 52;
    private static readonly SKColor Ink = new(0x22, 0x22, 0x22);
    private static readonly SKColor Right = new(0x1B, 0x7F, 0x3B);
    private static readonly SKColor Wrong = new(0xC6, 0x28, 0x28);

    public static void Draw(Stream destination, string title, IReadOnlyList<Entry> entries)
    {
        int rows = (entries.Count + Columns - 1) / Columns;
        using SKBitmap sheet = new((Columns * CellWidth) + (2 * Margin), TitleHeight + (rows * CellHeight) + Margin, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using SKCanvas canvas = new(sheet);
        canvas.Clear(SKColors.White);
        PixelFont.Draw(canvas, title, 2 * Margin, 14, 3, Ink);
        for (int i = 0; i < entries.Count; i++)
            DrawEntry(canvas, entries[i], Margin + (i % Columns * CellWidth), TitleHeight + (i / Columns * CellHeight));
        canvas.Flush();
        sheet.Encode(destination, SKEncodedImageFormat.Png, quality: 100);
    }

    private static void DrawEntry(SKCanvas canvas, Entry entry, int left, int top)
    {
        bool right = entry.IsRight;
        SKRect frame = new(left + Margin, top, left + Margin + PictureSide, top + PictureSide);
        using (SKBitmap picture = SKBitmap.Decode(entry.Path) ?? throw new IOException($"The picture '{entry.Path}' cannot be decoded."))
            canvas.DrawBitmap(picture, frame);

        using SKPaint border = new() { Style = SKPaintStyle.Stroke, StrokeWidth = right ? 2 : 5, Color = right ? Right : Wrong };
        frame.Inflate(border.StrokeWidth / 2, border.StrokeWidth / 2);
        canvas.DrawRect(frame, border);
        string percent = $"{Math.Floor(100 * entry.Probability)}%";
        PixelFont.Draw(canvas, $"{entry.Predicted} {percent}", left + Margin, top + PictureSide + 9, 2, right ? Right : Wrong);
        if (!right)
            PixelFont.Draw(canvas, $"is {entry.Label}", left + Margin, top + PictureSide + 29, 2, Ink);
    }

    /// <summary>A picture file with its true and predicted label and the predicted label's probability.</summary>
    internal sealed record Entry(string Path, string Label, string Predicted, double Probability)
    {
        public bool IsRight => Predicted == Label;
    }
}
