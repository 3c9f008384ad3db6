using SkiaSharp;

namespace PcDarts.Cli.Shapes;

/// <summary>
/// Writes the demo's pictures as PNG files: <c>DIR/train/circle/0000.png</c> … and <c>DIR/test/…</c>, the same number for each class.
/// </summary>
internal static class ShapeDataset
{
    public static IReadOnlyList<string> ClassNames { get; } = [.. Enum.GetValues<ShapeKind>().Select(Name)];

    public static string Name(ShapeKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>Paints a data set that depends on <paramref name="seed"/> alone.</summary>
    public static void Write(string directory, int trainingPerClass, int testPerClass, int seed, CancellationToken cancellation = default)
    {
        (string Set, ShapeKind Kind, int Index)[] pictures =
        [
            .. from set in new[] { (Name: "train", Count: trainingPerClass), (Name: "test", Count: testPerClass) }
               from kind in Enum.GetValues<ShapeKind>()
               from index in Enumerable.Range(0, set.Count)
               select (set.Name, kind, index),
        ];
        foreach ((string set, ShapeKind kind, _) in pictures.DistinctBy(picture => (picture.Set, picture.Kind)))
            Directory.CreateDirectory(Path.Combine(directory, set, Name(kind)));

        Parallel.ForEach(pictures, new ParallelOptions { CancellationToken = cancellation }, picture =>
        {
            int number = picture.Index + (picture.Set == "test" ? trainingPerClass : 0);
            using SKBitmap bitmap = ShapePainter.Paint(picture.Kind, Mix(seed, (int)picture.Kind, number));
            using FileStream file = File.Create(Path.Combine(directory, picture.Set, Name(picture.Kind), $"{picture.Index:D4}.png"));
            bitmap.Encode(file, SKEncodedImageFormat.Png, quality: 100);
        });
    }

    /// <summary>A seed for each picture of its own. Not HashCode.Combine, which differs from process to process.</summary>
    private static int Mix(int seed, int kind, int number)
    {
        unchecked
        {
            uint hash = ((uint)seed * 0x9E3779B1u) ^ ((uint)kind * 0x85EBCA77u) ^ ((uint)number * 0xC2B2AE3Du);
            hash ^= hash >> 15;
            hash *= 0x2C1B3C6Du;
            return (int)(hash ^ (hash >> 13));
        }
    }
}
