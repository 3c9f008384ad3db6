using SkiaSharp;

namespace PcDarts.Cli.Shapes;

/// <summary>
/// Paints one small picture of a shape: random place, size, angle and colors, clutter strokes behind and over it, noise on top. Light on
/// dark and dark on light are equally likely, so that no weighted sum of pixels tells the classes apart.
/// </summary>
internal static class ShapePainter
{
    public const int Size = 32;
    private const int MinimumContrast = 100;
    private const double NoiseDeviation = 10;

    public static SKBitmap Paint(ShapeKind kind, int seed)
    {
        Random random = new(seed);
        SKBitmap bitmap = new(Size, Size, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using SKCanvas canvas = new(bitmap);
        SKColor background = AnyColor(random);
        canvas.Clear(background);
        for (int stroke = random.Next(2, 5); stroke > 0; stroke--)
            DrawStroke(canvas, random, AnyColor(random));

        float radius = Between(random, 8.5f, 12.5f);
        using SKPath outline = Outline(kind, radius);
        using SKPaint fill = new() { IsAntialias = true, Color = ContrastingColor(random, background) };
        canvas.Save();
        canvas.Translate(Between(random, radius - 1, Size - radius + 1), Between(random, radius - 1, Size - radius + 1));
        canvas.RotateDegrees(Between(random, 0, 360));
        canvas.Scale(1, Between(random, 0.9f, 1f));
        canvas.DrawPath(outline, fill);
        canvas.Restore();

        DrawStroke(canvas, random, AnyColor(random));
        canvas.Flush();
        AddNoise(bitmap, random);
        return bitmap;
    }

    /// <summary>The shape around the origin, inside a circle of the given radius.</summary>
    private static SKPath Outline(ShapeKind kind, float radius)
    {
        SKPath path = new() { FillType = SKPathFillType.EvenOdd };
        switch (kind)
        {
            case ShapeKind.Circle:
                path.AddCircle(0, 0, radius * 0.9f);
                break;
            case ShapeKind.Ring:
                path.AddCircle(0, 0, radius);
                path.AddCircle(0, 0, radius * 0.55f);
                break;
            case ShapeKind.Square:
                AddPolygon(path, 4, radius, radius);
                break;
            case ShapeKind.Triangle:
                AddPolygon(path, 3, radius, radius);
                break;
            case ShapeKind.Star:
                AddPolygon(path, 10, radius, radius * 0.42f);
                break;
            case ShapeKind.Cross:
                float arm = radius * 0.28f;
                path.AddPoly(
                [
                    new(-arm, -radius), new(arm, -radius), new(arm, -arm), new(radius, -arm), new(radius, arm), new(arm, arm),
                    new(arm, radius), new(-arm, radius), new(-arm, arm), new(-radius, arm), new(-radius, -arm), new(-arm, -arm),
                ]);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a shape.");
        }

        return path;
    }

    /// <summary>Corners at equal angles whose distance from the center alternates between the two radii.</summary>
    private static void AddPolygon(SKPath path, int corners, float outer, float inner)
    {
        SKPoint[] points = new SKPoint[corners];
        for (int i = 0; i < corners; i++)
        {
            (float sin, float cos) = MathF.SinCos(2 * MathF.PI * i / corners);
            float radius = i % 2 == 0 ? outer : inner;
            points[i] = new(radius * cos, radius * sin);
        }

        path.AddPoly(points);
    }

    private static void DrawStroke(SKCanvas canvas, Random random, SKColor color)
    {
        using SKPaint paint = new()
        {
            IsAntialias = true,
            Style = SKPaintStyle.Stroke,
            StrokeWidth = Between(random, 0.7f, 1.4f),
            Color = color,
        };
        using SKPath path = new();
        path.MoveTo(AnyPoint(random));
        path.QuadTo(AnyPoint(random), AnyPoint(random));
        canvas.DrawPath(path, paint);
    }

    private static void AddNoise(SKBitmap bitmap, Random random)
    {
        SKColor[] pixels = bitmap.Pixels;
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = new(Noisy(pixels[i].Red, random), Noisy(pixels[i].Green, random), Noisy(pixels[i].Blue, random));
        bitmap.Pixels = pixels;
    }

    private static byte Noisy(byte value, Random random)
    {
        // The sum of four uniform numbers is close to a normal one with deviation 1/√3.
        double normal = (random.NextDouble() + random.NextDouble() + random.NextDouble() + random.NextDouble() - 2) * Math.Sqrt(3);
        return (byte)Math.Clamp(value + (NoiseDeviation * normal), 0, 255);
    }

    private static SKColor ContrastingColor(Random random, SKColor background)
    {
        while (true)
        {
            SKColor color = AnyColor(random);
            if (Math.Abs(Luma(color) - Luma(background)) >= MinimumContrast)
                return color;
        }
    }

    private static double Luma(SKColor color) => (0.299 * color.Red) + (0.587 * color.Green) + (0.114 * color.Blue);

    private static SKColor AnyColor(Random random) => new((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256));

    private static SKPoint AnyPoint(Random random) => new(Between(random, 0, Size), Between(random, 0, Size));

    private static float Between(Random random, float low, float high) => low + (random.NextSingle() * (high - low));
}
