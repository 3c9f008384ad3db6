using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.MlNet;

namespace Microsoft.ML.PcDarts.Tests;

public sealed partial class PcDartsTransformerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pcdarts-test-").FullName;
    private readonly MLContext _ml;

    public PcDartsTransformerTests()
        => _ml = new MLContext(seed: 1) { TempFilePath = Directory.CreateDirectory(Path.Combine(_folder, "tmp")).FullName };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Transform_Pictures_GivesTheTrainingNetworksProbabilitiesAndLabels()
    {
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema);
        IDataView scored = tiny.Transformer.Transform(data);

        AssertSame(tiny.TorchProbabilities(data), scored, 1e-5f);
        Assert.Equal(["Image", "Label", "Number", "PredictedLabel", "Score"],
            scored.Schema.Select(c => c.Name).Distinct().Order(StringComparer.Ordinal).ToArray());
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
        IDataView scored = _ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(tiny.Transformer.Transform(data))
            .Transform(tiny.Transformer.Transform(data));
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
    public void Create_WithAGpuThatOnnxRuntimeLacks_ScoresOnTheCpu()
    {
        _ml.GpuDeviceId = 0;
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema);
        AssertSame(tiny.TorchProbabilities(data), tiny.Transformer.Transform(data), 1e-4f);
    }

    private static void AssertSame(float[][] expected, IDataView scored, float tolerance, string score = "Score",
        string predictedLabel = "PredictedLabel")
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
