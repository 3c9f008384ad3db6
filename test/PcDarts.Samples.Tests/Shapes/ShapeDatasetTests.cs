using Microsoft.ML;
using Microsoft.ML.Data;
using PcDarts.Cli.Shapes;
using SkiaSharp;

namespace PcDarts.Samples.Tests.Shapes;

public sealed class ShapeDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_SameSeed_GivesTheSameFiles()
    {
        ShapeDataset.Write(_folder["a"], 3, 2, seed: 7);
        ShapeDataset.Write(_folder["b"], 3, 2, seed: 7);

        string[] files = Files("a");
        Assert.Equal(5 * ShapeDataset.ClassNames.Count, files.Length);
        Assert.Equal(files, Files("b"));
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(_folder["a", file]), File.ReadAllBytes(_folder["b", file])));
    }

    [Fact]
    public void Write_OtherSeed_GivesOtherPictures()
    {
        ShapeDataset.Write(_folder["a"], 2, 1, seed: 1);
        ShapeDataset.Write(_folder["b"], 2, 1, seed: 2);

        Assert.All(Files("a"), file => Assert.NotEqual(File.ReadAllBytes(_folder["a", file]), File.ReadAllBytes(_folder["b", file])));
    }

    [Fact]
    public void Write_Classes_AreBalancedAndNoPictureRepeats()
    {
        ShapeDataset.Write(_folder.FullPath, 20, 10, seed: 1);

        foreach (string name in ShapeDataset.ClassNames)
        {
            Assert.Equal(20, Directory.GetFiles(_folder["train", name]).Length);
            Assert.Equal(10, Directory.GetFiles(_folder["test", name]).Length);
        }

        Assert.Distinct(Files(".").Select(file => Convert.ToHexString(File.ReadAllBytes(_folder[file]))));
    }

    [Fact]
    public void Write_LinearModelOnPixels_Fails()
    {
        MLContext context = new(seed: 1);
        IDataView train = Pixels(context, 0, 150), test = Pixels(context, 150, 50);
        IEstimator<ITransformer> pipeline = context.Transforms.Conversion.MapValueToKey("Label")
            .Append(context.MulticlassClassification.Trainers.SdcaMaximumEntropy(maximumNumberOfIterations: 20));

        MulticlassClassificationMetrics metrics = context.MulticlassClassification.Evaluate(pipeline.Fit(train).Transform(test));

        Assert.InRange(metrics.MicroAccuracy, 0, 0.6);
    }

    private static IDataView Pixels(MLContext context, int first, int count) => context.Data.LoadFromEnumerable(
        from kind in Enum.GetValues<ShapeKind>()
        from index in Enumerable.Range(first, count)
        select new PixelRow { Label = ShapeDataset.Name(kind), Features = Pixels(kind, (index * 10) + (int)kind) });

    private static float[] Pixels(ShapeKind kind, int seed)
    {
        using SKBitmap bitmap = ShapePainter.Paint(kind, seed);
        return [.. bitmap.Pixels.SelectMany(color => new[] { color.Red / 255f, color.Green / 255f, color.Blue / 255f })];
    }

    private string[] Files(string folder) =>
        [.. Directory.GetFiles(_folder[folder], "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(_folder[folder], file)).Order(StringComparer.Ordinal)];

    private sealed class PixelRow
    {
        public required string Label { get; init; }

        [VectorType(3 * ShapePainter.Size * ShapePainter.Size)]
        public required float[] Features { get; init; }
    }
}
