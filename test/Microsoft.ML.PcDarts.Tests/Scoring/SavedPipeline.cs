using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Models;
using SkiaSharp;

namespace Microsoft.ML.PcDarts.Tests.Scoring;

/// <summary>Picture files of many kinds, and a pipeline from their paths to predictions that was saved as model.zip.</summary>
internal sealed class SavedPipeline : IDisposable
{
    private readonly TinyModel _tiny;
    private readonly TemporaryFolder _folder = new();

    /// <param name="pictures">Number of files.</param>
    /// <param name="between">A step between loading the pictures and the model; null for none.</param>
    public SavedPipeline(int pictures = 24, Func<MLContext, IEstimator<ITransformer>>? between = null)
    {
        Ml = new MLContext(seed: 1);
        Files = [.. Enumerable.Range(0, pictures).Select(WritePicture)];
        IDataView rows = Ml.Data.LoadFromEnumerable(Files.Select((file, i) => new Row { ImagePath = file, Label = Labels[i % 3] }));
        IEstimator<ITransformer> steps = Ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(Ml.Transforms.LoadImages("Image", null, "ImagePath"));
        ITransformer before = (between is null ? steps : steps.Append(between(Ml))).Fit(rows);
        Rows = rows;
        IDataView images = before.Transform(rows);
        _tiny = new TinyModel(Ml, images.Schema);
        Fitted = new TransformerChain<ITransformer>(before, _tiny.Transformer);
        Zip = _folder.File("model.zip");
        Ml.Model.Save(Fitted, rows.Schema, Zip);
    }

    public static string[] Labels => ["cat", "dog", "eel"];

    public MLContext Ml { get; }

    public string[] Files { get; }

    /// <summary>Columns ImagePath and Label, both text.</summary>
    public IDataView Rows { get; }

    /// <summary>Label to key, load images, the fitted model.</summary>
    public ITransformer Fitted { get; }

    /// <summary>The parts of the model.</summary>
    public DiscoveredModel Model => _tiny.Model;

    public PcDartsTransformer Transformer => _tiny.Transformer;

    public string Zip { get; }

    public string File(string name) => _folder.File(name);

    /// <summary>Scores of the files by ML.NET's own transformers, loaded from the zip, row by row.</summary>
    public float[][] ExpectedScores()
    {
        ITransformer loaded = new MLContext().Model.Load(Zip, out _);
        float[][] scores = [.. loaded.Transform(Rows).GetColumn<float[]>("Score")];
        ((IDisposable)loaded).Dispose();
        return scores;
    }

    public static void AssertClose(IEnumerable<float> expected, IEnumerable<float> actual, float tolerance = 1e-5f)
    {
        Assert.Equal(expected.Count(), actual.Count());
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }

    public static void AssertPredictions(float[][] expected, IReadOnlyList<PcDartsPrediction> actual)
    {
        Assert.Equal(expected.Length, actual.Count);
        for (int i = 0; i < expected.Length; i++)
        {
            AssertClose(expected[i], actual[i].Probabilities);
            Assert.Equal(actual[i].Probabilities[actual[i].Index], actual[i].Probabilities.Max());
            Assert.Null(actual[i].Error);
        }
    }

    public void Dispose()
    {
        _tiny.Dispose();
        _folder.Dispose();
    }

    // Sizes below, at and above the network's; color, gray and half-transparent; three formats.
    private string WritePicture(int i)
    {
        (int width, int height) = i % 5 == 0 ? (TinyModel.Width, TinyModel.Height) : (3 + 7 * i % 41, 2 + 11 * i % 37);
        (SKColorType type, SKAlphaType alpha) = (i % 4) switch
        {
            0 => (SKColorType.Gray8, SKAlphaType.Opaque),
            1 => (SKColorType.Bgra8888, SKAlphaType.Unpremul),
            _ => (SKColorType.Bgra8888, SKAlphaType.Opaque),
        };
        var random = new Random(i);
        using SKBitmap bitmap = new(new SKImageInfo(width, height, type, alpha));
        byte Any() => (byte)random.Next(256);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
                bitmap.SetPixel(x, y, new SKColor(Any(), Any(), Any(), alpha == SKAlphaType.Opaque ? (byte)255 : Any()));
        }
        SKEncodedImageFormat format = (i % 3) switch
        {
            0 => SKEncodedImageFormat.Png,
            1 => SKEncodedImageFormat.Jpeg,
            _ => SKEncodedImageFormat.Webp
        };
        string path = _folder.File($"{i:000}.{format.ToString().ToLowerInvariant()}");
        using SKData data = bitmap.Encode(format, 90);
        System.IO.File.WriteAllBytes(path, data.ToArray());
        return path;
    }

    public sealed class Row
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";
    }
}
