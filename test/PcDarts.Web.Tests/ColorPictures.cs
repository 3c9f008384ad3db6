using SkiaSharp;

namespace PcDarts.Web.Tests;

/// <summary>Noisy pictures whose strongest channel is their class: a tiny network learns them in seconds.</summary>
internal static class ColorPictures
{
    public static IReadOnlyList<string> Names { get; } = ["red", "green", "blue"];

    /// <summary>Writes <c>DIR/red/00.png</c> and so on.</summary>
    public static void WriteTrainingSet(string directory, int perClass)
    {
        for (int strongest = 0; strongest < Names.Count; strongest++)
        {
            string folder = Directory.CreateDirectory(Path.Combine(directory, Names[strongest])).FullName;
            for (int i = 0; i < perClass; i++)
                File.WriteAllBytes(Path.Combine(folder, $"{i:D2}.png"), Draw(Names[strongest], seed: i));
        }
    }

    /// <summary>A picture file.</summary>
    public static byte[] Draw(
        string name, int seed = 1000, int width = 32, int height = 32, SKEncodedImageFormat format = SKEncodedImageFormat.Png,
        SKColorType type = SKColorType.Rgba8888, bool transparent = false)
    {
        int strongest = Names.ToList().IndexOf(name);
        var random = new Random(3 * seed + strongest);
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, transparent ? SKAlphaType.Unpremul : SKAlphaType.Opaque);
        bitmap.Pixels = [.. Enumerable.Range(0, width * height)
            .Select(_ => new SKColor(Value(0), Value(1), Value(2), transparent ? (byte)random.Next(256) : (byte)255))];
        using SKBitmap converted = bitmap.Copy(type);
        using SKData data = converted.Encode(format, 90);
        return data.ToArray();

        byte Value(int channel) => (byte)random.Next(channel == strongest ? 120 : 0, channel == strongest ? 256 : 136);
    }
}
