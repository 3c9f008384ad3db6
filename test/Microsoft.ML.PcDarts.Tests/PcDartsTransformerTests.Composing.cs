using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.MlNet;

namespace Microsoft.ML.PcDarts.Tests;

public sealed partial class PcDartsTransformerTests
{
    [Fact]
    public void Transform_InTheMiddleOfAPipeline_WorksAndIsSaved()
    {
        IDataView data = TinyModel.Data(_ml);
        ITransformer before = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(data);
        IDataView keyed = before.Transform(data);
        using var tiny = new TinyModel(_ml, keyed.Schema);
        ITransformer after = _ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel").Fit(tiny.Transformer.Transform(keyed));
        ITransformer pipeline = new TransformerChain<ITransformer>(before, tiny.Transformer, after);
        string[] expected = [.. pipeline.Transform(data).GetColumn<string>("Name")];
        Assert.All(expected, n => Assert.Contains(n, tiny.Transformer.ClassNames));

        string path = Path.Combine(_folder, "m.zip");
        _ml.Model.Save(pipeline, data.Schema, path);
        ITransformer loaded = _ml.Model.Load(path, out _);
        Assert.Equal(expected, loaded.Transform(data).GetColumn<string>("Name"));
        Assert.Equal(tiny.Transformer.Genotype, PcDartsModelInfo.FromTransformer(loaded).Genotype);
        Assert.True(loaded.IsRowToRowMapper);
    }

    [Fact]
    public void Evaluate_ScoredData_CountsAsTheScoresSay()
    {
        IDataView data = TinyModel.Keyed(_ml, 12);
        using var tiny = new TinyModel(_ml, data.Schema);
        IDataView scored = tiny.Transformer.Transform(data);
        uint[] labels = [.. data.GetColumn<uint>("Label")], predicted = [.. scored.GetColumn<uint>("PredictedLabel")];
        MulticlassClassificationMetrics metrics = _ml.MulticlassClassification.Evaluate(scored);
        Assert.Equal(labels.Zip(predicted).Count(p => p.First == p.Second) / 12.0, metrics.MicroAccuracy, 6);
        Assert.Equal(labels.Zip(scored.GetColumn<float[]>("Score")).Average(p => -Math.Log(p.Second[p.First - 1])), metrics.LogLoss, 4);
    }

    [Fact]
    public void CrossValidate_AnEstimatorThatReturnsIt_Evaluates()
    {
        IDataView data = TinyModel.Keyed(_ml, 30);
        using var tiny = new TinyModel(_ml, data.Schema);
        var results = _ml.MulticlassClassification.CrossValidate(data, new Constant(tiny.Transformer), numberOfFolds: 3);
        Assert.Equal(3, results.Count);
        Assert.All(results, r => Assert.InRange(r.Metrics.LogLoss, 1e-3, 100));
    }

    [Fact]
    public void CreatePredictionEngine_SeveralAtOnce_AgreeWithTransform()
    {
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema);
        float[][] expected = [.. tiny.Transformer.Transform(data).GetColumn<float[]>("Score")];
        Parallel.For(0, 4, _ =>
        {
            using var engine = _ml.Model.CreatePredictionEngine<Input, Output>(tiny.Transformer,
                new PredictionEngineOptions { OwnsTransformer = false });
            Assert.Equal(expected, TinyModel.Pictures(9, "cat").Select(p => engine.Predict(new Input { Image = p.Image }).Score));
        });
    }

    [Fact]
    public void CreatePredictionEngine_AfterAnotherWasDisposed_Works()
    {
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema);
        Output first, second;
        using (var engine = _ml.Model.CreatePredictionEngine<Input, Output>(tiny.Transformer))
            first = engine.Predict(new Input { Image = TinyModel.Pictures(1, "cat").Single().Image });
        using (var engine = _ml.Model.CreatePredictionEngine<Input, Output>(tiny.Transformer))
            second = engine.Predict(new Input { Image = TinyModel.Pictures(1, "cat").Single().Image });
        Assert.Equal(first.Score, second.Score);
        Assert.Equal(first.PredictedLabel, second.PredictedLabel);
    }

    [Theory]
    [InlineData("Probabilities", "Guess")]
    [InlineData("PcDarts.Features", "PcDarts.Pixels")]
    [InlineData("Probabilities", "Score")]
    [InlineData("Image", "Label")]
    public void Transform_CustomColumnNames_CarryScoresAndAnnotations(string score, string predictedLabel)
    {
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema, columns: new ColumnNames("Label", "Image", score, predictedLabel));
        string path = Path.Combine(_folder, "m.zip");
        _ml.Model.Save(tiny.Transformer, data.Schema, path);
        float[][] expected = tiny.TorchProbabilities(data);
        foreach (ITransformer model in new[] { tiny.Transformer, _ml.Model.Load(path, out _) })
        {
            IDataView scored = model.Transform(data);
            AssertSame(expected, scored, 1e-5f, score, predictedLabel);
            Assert.True(scored.Schema[score].HasSlotNames());
            Assert.True(scored.Schema[predictedLabel].HasKeyValues());
            Assert.Equal(new[] { "Image", "Label", "Number", score, predictedLabel }.Distinct().Order(),
                scored.Schema.Select(c => c.Name).Distinct().Order());
        }
    }

    [Fact]
    public void Transform_ColumnsOfTheSameNames_AreHiddenOrLeftAlone()
    {
        IDataView data = TinyModel.Keyed(_ml);
        data = _ml.Transforms.CopyColumns("Score", "Number").Append(_ml.Transforms.CopyColumns("PcDarts.Pixels", "Number")).Fit(data)
            .Transform(data);
        int[] numbers = [.. data.GetColumn<int>("Number")];

        using var hiding = new TinyModel(_ml, data.Schema);
        IDataView hidden = hiding.Transformer.Transform(data);
        AssertSame(hiding.TorchProbabilities(data), hidden, 1e-5f);
        Assert.Equal(numbers, hidden.GetColumn<int>("PcDarts.Pixels"));

        using var other = new TinyModel(_ml, data.Schema, columns: new ColumnNames("Label", "Image", "P", "Q"));
        IDataView kept = other.Transformer.Transform(data);
        AssertSame(other.TorchProbabilities(data), kept, 1e-5f, "P", "Q");
        Assert.Equal(numbers, kept.GetColumn<int>("Score"));
        Assert.Equal(numbers, kept.GetColumn<int>("PcDarts.Pixels"));
    }

    [Fact]
    public void Transform_TwoModelsInOnePipeline_DoNotDisturbEachOther()
    {
        IDataView data = TinyModel.Keyed(_ml);
        using var first = new TinyModel(_ml, data.Schema);
        IDataView once = first.Transformer.Transform(data);
        using var second = new TinyModel(_ml, once.Schema, columns: new ColumnNames("Label", "Image", "Score2", "Predicted2"), seed: 2);
        IDataView twice = second.Transformer.Transform(once);
        AssertSame(first.TorchProbabilities(data), twice, 1e-5f);
        AssertSame(second.TorchProbabilities(data), twice, 1e-5f, "Score2", "Predicted2");
    }

    [Fact]
    public void Transform_WithoutTheImageColumn_SaysSo()
    {
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema);
        IDataView without = _ml.Transforms.DropColumns("Image").Fit(data).Transform(data);
        Assert.Contains("Image", Assert.Throws<ArgumentOutOfRangeException>(() => tiny.Transformer.Transform(without)).Message);
    }
}
