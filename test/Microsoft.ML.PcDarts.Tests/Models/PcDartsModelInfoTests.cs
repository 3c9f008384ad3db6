using Google.Protobuf;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Models.Onnx;

namespace Microsoft.ML.PcDarts.Tests.Models;

public sealed class PcDartsModelInfoTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pcdarts-test-").FullName;
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_SavedZipAndOnnx_GivesAllThatTheModelKnew()
    {
        IDataView data = TinyModel.Keyed(_ml, 9, "cät", "dog\"s", "鰻");
        using var tiny = new TinyModel(_ml, data.Schema);
        _ml.Model.Save(tiny.Transformer, data.Schema, Path.Combine(_folder, "m.zip"));
        tiny.Transformer.SaveOnnx(Path.Combine(_folder, "m.onnx"));
        PcDartsModelInfo[] infos =
        [
            PcDartsModelInfo.Read(Path.Combine(_folder, "m.zip")),
            PcDartsModelInfo.Read(Path.Combine(_folder, "m.onnx")),
            PcDartsModelInfo.FromTransformer(tiny.Transformer),
            PcDartsModelInfo.FromTransformer(_ml.Model.Load(Path.Combine(_folder, "m.zip"), out _)),
        ];
        Assert.All(infos, info =>
        {
            Assert.Equal(tiny.Model.Genotype, info.Genotype);
            Assert.Equal(["cät", "dog\"s", "鰻"], info.ClassNames);
            Assert.Equal(tiny.Model.Shape, info.Shape);
            Assert.Equal(tiny.Model.Mean, info.Mean);
            Assert.Equal(tiny.Model.Std, info.StandardDeviation);
            Assert.Equal(tiny.Model.History.Epochs, info.History.Epochs);
            Assert.Equal(tiny.Model.History with { Epochs = info.History.Epochs }, info.History);
            Assert.Equal(0.625, info.History.ValidationAccuracy);
            Assert.Equal("5.0.1", info.Versions["Microsoft.ML.Data"]); // of the package; the assembly is 1.0.0.0
            Assert.Equal("0.107.0", info.Versions["TorchSharp"]);
            Assert.Matches(@"^[0-9]+\.[0-9]+\.[0-9]+$", info.Versions["Microsoft.ML.OnnxRuntime"]);
            Assert.Matches("^[0-9.]+(-[a-z0-9.]+)?$", info.Versions["Microsoft.ML.PcDarts"]);
        });
    }

    [Theory]
    [InlineData("m.zip", 0.3)]
    [InlineData("m.zip", 0.99)]
    [InlineData("m.zip", 0)]
    [InlineData("m.onnx", 0.5)]
    [InlineData("m.onnx", 0.999)]
    [InlineData("m.onnx", 0)]
    public void Read_FileCutShort_NamesIt(string name, double keep)
    {
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema);
        string path = Path.Combine(_folder, name);
        if (name == "m.zip")
            _ml.Model.Save(tiny.Transformer, data.Schema, path);
        else
            tiny.Transformer.SaveOnnx(path);
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(int)(keep * bytes.Length)]);
        Assert.Contains($"'{path}' is not a complete PC-DARTS model",
            Assert.Throws<InvalidDataException>(() => PcDartsModelInfo.Read(path)).Message);
    }

    [Fact]
    public void Read_ForeignFiles_SaysThatTheyAreNoModel()
    {
        IDataView data = TinyModel.Keyed(_ml);
        string zip = Path.Combine(_folder, "other.zip"), text = Path.Combine(_folder, "text.zip"),
            onnx = Path.Combine(_folder, "other.onnx");
        ITransformer other = _ml.Transforms.CopyColumns("A", "Label").Fit(data);
        _ml.Model.Save(other, data.Schema, zip);
        File.WriteAllText(text, "PK this is not a zip");
        File.WriteAllBytes(onnx, new ModelProto { IrVersion = 8, Graph = new GraphProto { Name = "g" } }.ToByteArray());
        Assert.Contains("it has no ONNX model", Assert.Throws<InvalidDataException>(() => PcDartsModelInfo.Read(zip)).Message);
        Assert.Contains(text, Assert.Throws<InvalidDataException>(() => PcDartsModelInfo.Read(text)).Message);
        Assert.Contains("not made by the PC-DARTS trainer", Assert.Throws<InvalidDataException>(() => PcDartsModelInfo.Read(onnx)).Message);
        Assert.Contains("holds no PC-DARTS model",
            Assert.Throws<InvalidDataException>(() => PcDartsModelInfo.FromTransformer(other)).Message);
        Assert.Throws<FileNotFoundException>(() => PcDartsModelInfo.Read(Path.Combine(_folder, "missing.zip")));
    }

    [Fact]
    public void Read_DamagedMetadata_NamesTheEntry()
    {
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema);
        foreach (string key in new[] { ModelMetadata.Genotype, ModelMetadata.ClassNames, ModelMetadata.History, ModelMetadata.Shape })
        {
            ModelProto model = tiny.Model.Writer().Classifier();
            model.MetadataProps.Single(m => m.Key == key).Value = "{\"x\":[}";
            string path = Path.Combine(_folder, "m.onnx");
            File.WriteAllBytes(path, model.ToByteArray());
            Assert.Contains($"'{key}' is damaged", Assert.Throws<InvalidDataException>(() => PcDartsModelInfo.Read(path)).Message);
        }
    }
}
