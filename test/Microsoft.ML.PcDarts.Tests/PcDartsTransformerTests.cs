using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class PcDartsTransformerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pcdarts-test-").FullName;
    private readonly MLContext _ml;

    public PcDartsTransformerTests() => _ml = new MLContext(seed: 1) { TempFilePath = Directory.CreateDirectory(Path.Combine(_folder, "tmp")).FullName };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Transform_Pictures_GivesTheTrainingNetworksProbabilitiesAndLabels()
    {
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema);
        IDataView scored = tiny.Transformer.Transform(data);

        AssertSame(tiny.TorchProbabilities(data), scored, 1e-5f);
        Assert.Equal(["Image", "Label", "Number", "PredictedLabel", "Score"], scored.Schema.Select(c => c.Name).Distinct().Order(StringComparer.Ordinal).ToArray());
    }

    [Fact]
    public void Transform_Schema_HasSlotNamesAndKeyValues()
    {
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema);
        DataViewSchema schema = tiny.Transformer.GetOutputSchema(data.Schema);

        VBuffer<ReadOnlyMemory<char>> names = default;
        schema["Score"].GetSlotNames(ref names);
        Assert.Equal(["cat", "dog", "eel"], names.DenseValues().Select(n => n.ToString()));
        schema["PredictedLabel"].GetKeyValues(ref names);
        Assert.Equal(["cat", "dog", "eel"], names.DenseValues().Select(n => n.ToString()));
        Assert.Equal(3ul, Assert.IsType<KeyDataViewType>(schema["PredictedLabel"].Type).Count);
        Assert.Equal(["cat", "dog", "eel"], tiny.Transformer.ClassNames);
    }

    [Fact]
    public void Transform_LabelWithNumericKeyValues_KeepsThem()
    {
        IDataView data = TinyModel.Data(_ml);
        data = _ml.Transforms.Conversion.MapValueToKey("Label", "Number").Fit(data).Transform(data);
        using var tiny = new TinyModel(_ml, data.Schema);
        IDataView scored = _ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(tiny.Transformer.Transform(data)).Transform(tiny.Transformer.Transform(data));
        Assert.Equal(NumberDataViewType.Int32, scored.Schema["PredictedLabel"].Type);
        Assert.All(scored.GetColumn<int>("PredictedLabel"), v => Assert.Contains(v, new[] { 0, 10, 20 }));
        Assert.Equal(["0", "10", "20"], tiny.Transformer.ClassNames);
    }

    [Fact]
    public void Transform_LabelWithoutKeyValues_GivesAKeyWithoutThem()
    {
        IDataView data = TinyModel.Data(_ml);
        var builder = new DataViewSchema.Builder();
        foreach (DataViewSchema.Column column in data.Schema.Where(c => c.Name != "Label"))
            builder.AddColumn(column.Name, column.Type);
        builder.AddColumn("Label", new KeyDataViewType(typeof(byte), 3));
        using var tiny = new TinyModel(_ml, builder.ToSchema());
        IDataView scored = tiny.Transformer.Transform(data);
        Assert.Equal(new KeyDataViewType(typeof(uint), 3), scored.Schema["PredictedLabel"].Type);
        Assert.False(scored.Schema["PredictedLabel"].HasKeyValues());
        AssertSame(tiny.TorchProbabilities(data), scored, 1e-5f);
        string path = Path.Combine(_folder, "m.zip");
        _ml.Model.Save(tiny.Transformer, builder.ToSchema(), path);
        AssertSame(tiny.TorchProbabilities(data), _ml.Model.Load(path, out _).Transform(data), 1e-5f);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(11)]
    public void Transform_AnyNumberOfClasses_SumsToOne(int classes)
    {
        string[] labels = [.. Enumerable.Range(0, classes).Select(i => $"class {i:00} é")];
        IDataView data = TinyModel.Keyed(_ml, classes, labels);
        using var tiny = new TinyModel(_ml, data.Schema, classes);
        IDataView scored = tiny.Transformer.Transform(data);
        AssertSame(tiny.TorchProbabilities(data), scored, 1e-5f);
        Assert.All(scored.GetColumn<float[]>("Score"), s => Assert.Equal(1, s.Sum(), 1e-5f));
    }

    [Fact]
    public void Save_AfterLoading_GivesTheSameScoresAgain()
    {
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema);
        float[][] expected = [.. tiny.Transformer.Transform(data).GetColumn<float[]>("Score")];
        string first = Path.Combine(_folder, "1.zip"), second = Path.Combine(_folder, "2.zip"), third = Path.Combine(_folder, "3.zip");
        _ml.Model.Save(tiny.Transformer, data.Schema, first);
        _ml.Model.Save(tiny.Transformer, data.Schema, second);
        foreach (string path in new[] { first, second, first })
        {
            ITransformer loaded = new MLContext().Model.Load(path, out DataViewSchema schema);
            Assert.NotNull(schema.GetColumnOrNull("Label"));
            AssertSame(expected, loaded.Transform(data), 0);
            _ml.Model.Save(loaded, schema, third);
            AssertSame(expected, _ml.Model.Load(third, out _).Transform(data), 0);
            (loaded as IDisposable)?.Dispose();
        }
    }

    [Fact]
    public void Save_AfterDispose_StillWorksAndTheModelScoresAgain()
    {
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema);
        float[][] expected = [.. tiny.Transformer.Transform(data).GetColumn<float[]>("Score")];
        tiny.Transformer.Dispose();
        string path = Path.Combine(_folder, "m.zip");
        _ml.Model.Save(tiny.Transformer, data.Schema, path);
        AssertSame(expected, _ml.Model.Load(path, out _).Transform(data), 0);
        AssertSame(expected, tiny.Transformer.Transform(data), 0);
    }

    [Fact]
    public void Create_OnUnix_LeavesNoTemporaryFile()
    {
        IDataView data = TinyModel.Keyed(_ml);
        var tiny = new TinyModel(_ml, data.Schema);
        _ml.Model.Save(tiny.Transformer, data.Schema, Path.Combine(_folder, "m.zip"));
        if (!OperatingSystem.IsWindows())
            Assert.Empty(Directory.GetFiles(_ml.TempFilePath));
        tiny.Dispose();
        Assert.Empty(Directory.GetFiles(_ml.TempFilePath));
    }

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
            using var engine = _ml.Model.CreatePredictionEngine<Input, Output>(tiny.Transformer, new PredictionEngineOptions { OwnsTransformer = false });
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
            Assert.Equal(new[] { "Image", "Label", "Number", score, predictedLabel }.Distinct().Order(), scored.Schema.Select(c => c.Name).Distinct().Order());
        }
    }

    [Fact]
    public void Transform_ColumnsOfTheSameNames_AreHiddenOrLeftAlone()
    {
        IDataView data = TinyModel.Keyed(_ml);
        data = _ml.Transforms.CopyColumns("Score", "Number").Append(_ml.Transforms.CopyColumns("PcDarts.Pixels", "Number")).Fit(data).Transform(data);
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

    [Fact]
    public void Create_WithAGpuThatOnnxRuntimeLacks_ScoresOnTheCpu()
    {
        _ml.GpuDeviceId = 0;
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema);
        AssertSame(tiny.TorchProbabilities(data), tiny.Transformer.Transform(data), 1e-4f);
    }

    [Fact]
    public void SaveOnnx_ThenRunInBatches_GivesTheModelsProbabilities()
    {
        IDataView data = TinyModel.Keyed(_ml, 8);
        using var tiny = new TinyModel(_ml, data.Schema);
        string path = Path.Combine(_folder, "net.onnx");
        File.WriteAllText(path, "old");
        tiny.Transformer.SaveOnnx(path);
        Assert.Equal([path], Directory.GetFiles(_folder));

        IDataView pixels = ImagePreprocessing.Estimator(_ml, "Image", "r", "p", TinyModel.Width, TinyModel.Height).Fit(data).Transform(data);
        byte[] batch = [.. pixels.GetColumn<byte[]>("p").SelectMany(p => p)];
        using var session = new InferenceSession(path);
        using var results = session.Run(
            [NamedOnnxValue.CreateFromTensor("image", new DenseTensor<byte>(batch, [8, 3, TinyModel.Height, TinyModel.Width]))], ["probabilities"]);
        float[] all = [.. results[0].AsEnumerable<float>()];
        AssertSame([.. all.Chunk(3)], tiny.Transformer.Transform(data), 1e-5f);
    }

    [Fact]
    public void SaveOnnx_IntoAMissingFolder_FailsAndLeavesNothing()
    {
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema);
        Assert.Throws<DirectoryNotFoundException>(() => tiny.Transformer.SaveOnnx(Path.Combine(_folder, "missing", "net.onnx")));
        string taken = Directory.CreateDirectory(Path.Combine(_folder, "taken")).FullName;
        Assert.ThrowsAny<SystemException>(() => tiny.Transformer.SaveOnnx(taken));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    private static void AssertSame(float[][] expected, IDataView scored, float tolerance, string score = "Score", string predictedLabel = "PredictedLabel")
    {
        float[][] actual = [.. scored.GetColumn<float[]>(score)];
        uint[] predicted = [.. scored.GetColumn<uint>(predictedLabel)];
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].Length, actual[i].Length);
            for (int c = 0; c < actual[i].Length; c++)
                Assert.Equal(expected[i][c], actual[i][c], tolerance);
            Assert.Equal(Array.IndexOf(actual[i], actual[i].Max()) + 1u, predicted[i]);
        }
    }

    private sealed class Input
    {
        [Transforms.Image.ImageType(10, 12)]
        public MLImage? Image { get; set; }
    }

    private sealed class Output
    {
        public float[] Score { get; set; } = [];

        public uint PredictedLabel { get; set; }
    }

    private sealed class Constant(PcDartsTransformer transformer) : IEstimator<PcDartsTransformer>
    {
        public PcDartsTransformer Fit(IDataView input) => transformer;

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) =>
            PcDartsSchema.GetOutputSchema(inputSchema, new ColumnNames("Label", "Image", "Score", "PredictedLabel"));
    }
}
