using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Scoring;
using SkiaSharp;

namespace Microsoft.ML.PcDarts.Tests.Scoring;

public sealed class HeatMapTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("model.zip")]
    [InlineData("model.onnx")]
    [InlineData("int8.onnx")]
    public void Explain_MeanOverTheMap_IsTheLogitWithoutItsBias(string kind)
    {
        using var tiny = Model(kind, out string file);
        using PcDartsPredictor predictor = PcDartsPredictor.Load(file);
        using MLImage image = TinyModel.Pictures(1, "cat").Single().Image!;
        using var maps = new ActivationMaps(SavedClassifier.Read(new MemoryStream(File.ReadAllBytes(file)), "it"), new ScoringSettings());

        double[] logits = [.. Enumerable.Range(0, 3)
            .Select(label => maps.Run(image, label).Plane.Average(value => (double)value)
                + tiny.Model.Weights["classifier.bias"].Floats[label])];

        double sum = logits.Sum(Math.Exp);
        PcDartsPrediction prediction = predictor.Predict(image);
        for (int label = 0; label < 3; label++)
            Assert.Equal(prediction.Probabilities[label], Math.Exp(logits[label]) / sum, 1e-4);
        Assert.Equal(prediction.Probabilities, predictor.Explain(image).Prediction.Probabilities);
        Assert.Equal(prediction.Label, predictor.Explain(image).Label);
    }

    [Fact]
    public void Explain_AnotherClass_IsMappedFromZeroToOne()
    {
        using var tiny = Model("model.zip", out string file);
        using PcDartsPredictor predictor = PcDartsPredictor.Load(file);
        using MLImage image = TinyModel.Pictures(1, "cat").Single().Image!;

        PcDartsHeatMap[] maps = [.. predictor.ClassNames.Select(label => predictor.Explain(image, label))];

        Assert.Equal(predictor.ClassNames, maps.Select(map => map.Label));
        // Two reductions: a quarter of the picture's sides.
        Assert.All(maps, map => Assert.Equal((3, 3, 9), (map.Height, map.Width, map.Values.Count)));
        Assert.All(maps.SelectMany(map => map.Values), value => Assert.InRange(value, 0, 1));
        Assert.Contains(maps, map => map.Values.Max() == 1);
        Assert.Equal(3, maps.Select(map => string.Join(' ', map.Values)).Distinct().Count());
    }

    [Theory]
    [InlineData(MLPixelFormat.Bgra32)]
    [InlineData(MLPixelFormat.Rgba32)]
    public void Save_YellowPicture_IsEnlargedAndGrayButWhereTheClassIs(MLPixelFormat format)
    {
        byte[] yellow = [.. Enumerable.Range(0, 20 * 10)
            .SelectMany(_ => format == MLPixelFormat.Bgra32 ? new byte[] { 0, 255, 255, 255 } : [255, 255, 0, 255])];
        using MLImage image = MLImage.CreateFromPixels(20, 10, format, yellow);
        var map = new PcDartsHeatMap(new PcDartsPrediction(["cat"], [1]), "cat", [-1, 4], 1, 2);
        string file = _folder.File("map.png");

        map.Save(image, file, side: 100);

        Assert.Equal([0, 1], map.Values);
        using SKBitmap picture = SKBitmap.Decode(file);
        Assert.Equal((200, 100), (picture.Width, picture.Height));
        SKColor clear = picture.GetPixel(5, 50), red = picture.GetPixel(195, 50);
        Assert.True(clear.Red == clear.Green && clear.Green == clear.Blue && clear.Red is > 150 and < 230, clear.ToString());
        Assert.True(red.Red > 2 * red.Green && red.Red > 2 * red.Blue, red.ToString());
    }

    [Fact]
    public void Explain_BadInput_SaysSo()
    {
        using var tiny = Model("model.zip", out string file);
        PcDartsPredictor predictor = PcDartsPredictor.Load(file);
        using MLImage image = TinyModel.Pictures(1, "cat").Single().Image!;

        Assert.Contains("knows no class 'cow'; it knows cat, dog, eel",
            Assert.Throws<ArgumentException>(() => predictor.Explain(image, "cow")).Message, StringComparison.Ordinal);
        predictor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => predictor.Explain(image));
    }

    private TinyModel Model(string kind, out string file)
    {
        IDataView data = TinyModel.Keyed(_ml);
        var tiny = new TinyModel(_ml, data.Schema);
        file = _folder.File(kind);
        if (kind == "model.zip")
            _ml.Model.Save(tiny.Transformer, data.Schema, file);
        else
            tiny.Transformer.SaveOnnx(file,
                new PcDartsOnnxOptions { WeightType = kind == "int8.onnx" ? OnnxWeightType.Int8 : OnnxWeightType.Float32 });
        return tiny;
    }
}
