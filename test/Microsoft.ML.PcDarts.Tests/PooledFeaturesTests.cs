using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.MlNet;
using static Microsoft.ML.PcDarts.Tests.ColorPictures;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class PooledFeaturesTests : IDisposable
{
    private const string Features = "Features";
    private static readonly ColumnNames Columns = new("Label", "Image", "Score", "PredictedLabel", Features);
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Transform_PooledFeatures_ExplainTheScores()
    {
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema, columns: Columns);
        IDataView scored = tiny.Transformer.Transform(data);

        float[][] features = [.. scored.GetColumn<float[]>(Features)], scores = [.. scored.GetColumn<float[]>("Score")];
        TensorData weight = tiny.Model.Weights["classifier.weight"];
        Assert.All(features.Zip(scores), row =>
        {
            double[] logits = [.. weight.Floats.Chunk((int)weight.Shape[1])
                .Select((w, c) => w.Zip(row.First, (a, b) => (double)a * b).Sum() + tiny.Model.Weights["classifier.bias"].Floats[c])];
            double sum = logits.Sum(Math.Exp);
            Assert.All(logits.Zip(row.Second), pair => Assert.Equal(Math.Exp(pair.First) / sum, pair.Second, 1e-5));
        });
        Assert.DoesNotContain(scored.Schema, column => column.Name.StartsWith("PcDarts.", StringComparison.Ordinal));
    }

    [Fact]
    public void Load_SavedModel_GivesThemTooAndPredicts()
    {
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema, columns: Columns);
        string zip = _folder.File("model.zip");
        _ml.Model.Save(tiny.Transformer, data.Schema, zip);

        float[][] loaded = [.. _ml.Model.Load(zip, out _).Transform(data).GetColumn<float[]>(Features)];

        Assert.Equal(tiny.Transformer.Transform(data).GetColumn<float[]>(Features), loaded);
        using PcDartsPredictor predictor = PcDartsPredictor.Load(zip);
        Assert.Equal(["cat", "dog", "eel"], predictor.ClassNames);
    }

    [Fact]
    public void Fit_PooledFeatures_TeachAnotherTrainer()
    {
        Views(_ml, 30, out IDataView view);
        PcDartsTrainer.Options options = Quick();
        options.PooledFeaturesColumnName = Features;
        using PcDartsTransformer model = Fit(_ml, options, view);
        IDataView features = model.Transform(view);
        Assert.IsType<VectorDataViewType>(features.Schema[Features].Type);
        var sdca = _ml.MulticlassClassification.Trainers.SdcaMaximumEntropy("Label", Features).Fit(features);

        Assert.InRange(_ml.MulticlassClassification.Evaluate(sdca.Transform(features)).MicroAccuracy, 0.8, 1);
    }

    [Theory]
    [InlineData("Score")]
    [InlineData("Image")]
    [InlineData(" ")]
    public void Constructor_NameOfAnotherColumn_IsRefused(string name)
    {
        PcDartsTrainer.Options options = Quick();
        options.PooledFeaturesColumnName = name;

        Assert.Contains("PooledFeaturesColumnName",
            Assert.Throws<ArgumentException>(() => _ml.MulticlassClassification.Trainers.PcDarts(options)).Message,
            StringComparison.Ordinal);
    }
}
