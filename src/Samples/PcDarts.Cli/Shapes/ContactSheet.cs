using SkiaSharp;

namespace PcDarts.Cli.Shapes;

/// <summary>One PNG with pictures, the label predicted for each and, where that is wrong, the true one in red.</summary>
internal static class ContactSheet
{
    private const int Columns = 8;
    private const int PictureSide = 128;
    private const int Margin = 10;
    private const int CellHeight = PictureSide + 58;
    private const int TitleHeight = 52;
    private const int LabelScale = 2;
    private static readonly SKColor Ink = new(0x22, 0x22, 0x22);
    private static readonly SKColor Right = new(0x1B, 0x7F, 0x3B);
    private static readonly SKColor Wrong = new(0xC6, 0x28, 0x28);

    public static void Draw(Stream destination, string title, IReadOnlyList<Entry> entries)
    {
        int rows = (entries.Count + Columns - 1) / Columns, cellWidth = CellWidth(entries);
        using SKBitmap sheet = new((Columns * cellWidth) + (2 * Margin), TitleHeight + (rows * CellHeight) + Margin, SKColorType.Rgba8888,
            SKAlphaType.Opaque);
        using SKCanvas canvas = new(sheet);
        canvas.Clear(SKColors.White);
        PixelFont.Draw(canvas, title, 2 * Margin, 14, 3, Ink);
        for (int i = 0; i < entries.Count; i++)
            DrawEntry(canvas, entries[i], Margin + (i % Columns * cellWidth), TitleHeight + (i / Columns * CellHeight));
        canvas.Flush();
        sheet.Encode(destination, SKEncodedImageFormat.Png, quality: 100);
    }

    /// <summary>Width that keeps the labels of neighbors apart.</summary>
    public static int CellWidth(IReadOnlyList<Entry> entries) =>
        (2 * Margin) + (int)Math.Ceiling(entries.SelectMany(entry => (string[])[Label(entry), Truth(entry)])
            .Select(text => PixelFont.Width(text, LabelScale)).Append(PictureSide).Max());

    private static string Label(Entry entry) => $"{entry.Predicted} {Math.Floor(100 * entry.Probability)}%";

    private static string Truth(Entry entry) => $"is {entry.Label}";

    private static void DrawEntry(SKCanvas canvas, Entry entry, int left, int top)
    {
        bool right = entry.IsRight;
        SKRect frame = new(left + Margin, top, left + Margin + PictureSide, top + PictureSide);
        using (SKBitmap picture = SKBitmap.Decode(entry.Path) ?? throw new IOException($"The picture '{entry.Path}' cannot be decoded."))
            canvas.DrawBitmap(picture, frame);

        using SKPaint border = new() { Style = SKPaintStyle.Stroke, StrokeWidth = right ? 2 : 5, Color = right ? Right : Wrong };
        frame.Inflate(border.StrokeWidth / 2, border.StrokeWidth / 2);
        canvas.DrawRect(frame, border);
        PixelFont.Draw(canvas, Label(entry), left + Margin, top + PictureSide + 9, LabelScale, right ? Right : Wrong);
        if (!right)
            PixelFont.Draw(canvas, Truth(entry), left + Margin, top + PictureSide + 29, LabelScale, Ink);
    }

    /// <summary>A picture file with its true and predicted label and the predicted label's probability.</summary>
    public sealed record Entry(string Path, string Label, string Predicted, double Probability)
    {
        public bool IsRight => Predicted == Label;
    }
}
