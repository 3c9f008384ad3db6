using System.IO.Compression;
using Google.Protobuf;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Models.Onnx;
using Microsoft.ML.PcDarts.Tests.Scoring;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>Models that can be loaded, and the errors for all others.</summary>
public sealed class PcDartsPredictorLoadTests : IDisposable
{
    private readonly SavedPipeline _saved = new();

    public void Dispose() => _saved.Dispose();

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.3)]
    [InlineData(0.99)]
    public void Load_FileCutShort_NamesIt(double keep)
    {
        byte[] bytes = File.ReadAllBytes(_saved.Zip);
        string path = _saved.File("cut.zip");
        File.WriteAllBytes(path, bytes[..(int)(keep * bytes.Length)]);
        Assert.Contains($"'{path}' is not a complete PC-DARTS model",
            Assert.Throws<InvalidDataException>(() => PcDartsPredictor.Load(path)).Message);
        using var stream = File.OpenRead(path);
        Assert.Contains("The stream is not a complete PC-DARTS model",
            Assert.Throws<InvalidDataException>(() => PcDartsPredictor.Load(stream)).Message);
    }

    [Theory]
    [InlineData("OnnxModel")]
    [InlineData("Model.key")]
    public void Load_ZipWithADamagedPart_NamesTheFile(string entry)
    {
        string path = _saved.File("damaged.zip");
        File.Copy(_saved.Zip, path);
        using (ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Update))
        {
            foreach (ZipArchiveEntry part in zip.Entries.Where(part => part.FullName.EndsWith(entry, StringComparison.Ordinal)).ToArray())
            {
                using Stream content = part.Open();
                content.SetLength(content.Length / 2);
            }
        }
        Assert.Contains($"'{path}' is not a complete PC-DARTS model",
            Assert.Throws<InvalidDataException>(() => PcDartsPredictor.Load(path)).Message);
    }

    [Fact]
    public void Load_ForeignModel_SaysWhatIsMissing()
    {
        string zip = _saved.File("other.zip");
        _saved.Ml.Model.Save(_saved.Ml.Transforms.CopyColumns("A", "Label").Fit(_saved.Rows), _saved.Rows.Schema, zip);
        Assert.Contains("it has no ONNX model", Assert.Throws<InvalidDataException>(() => PcDartsPredictor.Load(zip)).Message);
        Assert.Throws<FileNotFoundException>(() => PcDartsPredictor.Load(_saved.File("missing.zip")));
    }

    [Fact]
    public void Load_SavedWithoutSchema_GivesTheSame()
    {
        string file = _saved.File("null.zip");
        _saved.Ml.Model.Save(_saved.Fitted, null, file);
        using var predictor = PcDartsPredictor.Load(file);
        SavedPipeline.AssertPredictions(_saved.ExpectedScores(), predictor.Predict(_saved.Files));
    }

    [Fact]
    public void Load_PicturesSavedWithoutSchema_GivesTheSame()
    {
        // The pictures come decoded, under another name, and a label is mapped before and after.
        string file = _saved.File("null.zip");
        IDataView rows = _saved.Ml.Transforms.CopyColumns("Photo", "Image").Fit(TinyModel.Data(_saved.Ml))
            .Transform(TinyModel.Data(_saved.Ml));
        ITransformer label = _saved.Ml.Transforms.Conversion.MapValueToKey("Label").Fit(rows);
        ITransformer copied = _saved.Ml.Transforms.CopyColumns("Image", "Photo").Fit(rows);
        _saved.Ml.Model.Save(new TransformerChain<ITransformer>(label, copied, label, _saved.Transformer), null, file);
        using var predictor = PcDartsPredictor.Load(file);
        SavedPipeline.AssertPredictions(_saved.ExpectedScores(), predictor.Predict(_saved.Files));
    }

    [Theory]
    [InlineData("classifier.weight", "its 'classifier.weight' holds NaN at [0, 1]")]
    [InlineData("classifier.bias", "its 'classifier.bias' holds NaN at [1]")]
    [InlineData("stem.0.weight", "its 'stem.0.folded_weight' holds NaN at [0, 0, 0, 1]")]
    public void Load_WeightNotFinite_NamesFileAndTensor(string name, string message)
    {
        foreach (string file in Save(weights => weights[name].Floats[1] = float.NaN))
        {
            string told = Assert.Throws<InvalidDataException>(() => PcDartsPredictor.Load(file)).Message;
            Assert.StartsWith($"'{file}' is not a complete PC-DARTS model: its", told, StringComparison.Ordinal);
            Assert.Contains(message, told, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public void Load_FolderForTemporaryFilesThatFails_IsNotDamage()
    {
        Skip.If(OperatingSystem.IsWindows(), "the folder for temporary files is set by TMPDIR");
        string? before = Environment.GetEnvironmentVariable("TMPDIR");
        string folder = Path.Combine(_saved.Files[0], "below a file"), weights = _saved.File("weights.safetensors");
        _saved.Transformer.SaveWeights(weights);
        try
        {
            // Test classes run one after another.
            Environment.SetEnvironmentVariable("TMPDIR", folder);
            string told = Assert.Throws<IOException>(() => PcDartsPredictor.Load(_saved.Zip)).Message;
            Assert.StartsWith($"'{_saved.Zip}' cannot be loaded: ML.NET needs the folder for temporary files, '{folder}", told,
                StringComparison.Ordinal);
            Assert.EndsWith("set the environment variable TMPDIR (TMP on Windows).", told, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("TMPDIR", before);
        }

        string context = Assert.Throws<IOException>(
            () => new MLContext { TempFilePath = folder }.Model.LoadPcDartsWeights(weights)).Message;
        Assert.Contains($"'{folder}'", context, StringComparison.Ordinal);
        Assert.Contains("set MLContext.TempFilePath", context, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NetworkWhoseNumbersOverflow_IsRefused()
    {
        // Finite weights, infinite logits.
        string[] files = Save(weights =>
        {
            foreach ((_, TensorData bias) in weights.Where(entry => entry.Key.StartsWith("cells.", StringComparison.Ordinal)
                && entry.Key.EndsWith(".bias", StringComparison.Ordinal)))
                bias.Floats.AsSpan().Fill(100);
            weights["classifier.weight"].Floats.AsSpan().Fill(float.MaxValue);
        });

        Assert.All(files, file => Assert.Contains("its numbers overflow",
            Assert.Throws<InvalidDataException>(() => PcDartsPredictor.Load(file)).Message));
    }

    [Theory]
    [InlineData(float.NaN, 0.5f, "gives NaN as the probability of 'cat'")]
    [InlineData(0.5f, float.PositiveInfinity, "gives Infinity as the probability of 'dog'")]
    [InlineData(0.5f, 0.25f, "sum to 0.75 instead of 1")]
    public void Prediction_NoProbabilities_IsRefused(float first, float second, string message)
        => Assert.Contains(message, Assert.Throws<InvalidDataException>(
            () => new PcDartsPrediction(["cat", "dog"], [first, second])).Message, StringComparison.Ordinal);

    [Fact]
    public void Load_OnnxValuesInAnotherFile_AreRefused()
    {
        _saved.Transformer.SaveOnnx(_saved.File("net.onnx"));
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(_saved.File("net.onnx")));
        model.Graph.Initializer[0].DataLocation = 1;
        File.WriteAllBytes(_saved.File("net.onnx"), model.ToByteArray());

        Assert.Contains($"the values of its '{model.Graph.Initializer[0].Name}' are in another file",
            Assert.Throws<InvalidDataException>(() => PcDartsPredictor.Load(_saved.File("net.onnx"))).Message);
    }

    [Fact]
    public void Load_OnnxOfManyMessages_IsRefusedBeforeTheyAreMade()
    {
        // A graph of empty nodes, two bytes each, which would be a hundred and more.
        byte[] nodes = [.. Enumerable.Repeat(new byte[] { 0x0a, 0x00 }, OnnxChecks.MaximumMessages + 1).SelectMany(pair => pair)];
        byte[] model = new Google.Protobuf.WellKnownTypes.BytesValue { Value = ByteString.CopyFrom(nodes) }.ToByteArray();
        model[0] = (7 << 3) | 2; // the field of the graph
        string file = _saved.File("nodes.onnx");
        File.WriteAllBytes(file, model);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Contains("more than 1000000 messages", Assert.Throws<InvalidDataException>(() => PcDartsModelInfo.Read(file)).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 5_000_000);
    }

    [Fact]
    public void Load_StreamThatCannotSeek_ReadsIt()
    {
        using var file = File.OpenRead(_saved.Zip);
        using var stream = new BufferedStream(new GZipStream(Zipped(file), CompressionMode.Decompress));
        using var predictor = PcDartsPredictor.Load(stream);
        SavedPipeline.AssertPredictions(_saved.ExpectedScores(), predictor.Predict(_saved.Files));
        Assert.True(stream.CanRead);

        static MemoryStream Zipped(Stream content)
        {
            var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
                content.CopyTo(gzip);
            packed.Position = 0;
            return packed;
        }
    }

    [Fact]
    public void Load_OnnxFile_GivesTheSame()
    {
        _saved.Transformer.SaveOnnx(_saved.File("net.onnx"));
        using var predictor = PcDartsPredictor.Load(_saved.File("net.onnx"));
        SavedPipeline.AssertPredictions(_saved.ExpectedScores(), predictor.Predict(_saved.Files));
        Assert.Equal(_saved.Transformer.Genotype, predictor.Info.Genotype);
    }

    [Fact]
    public void Load_OptionOutOfRange_NamesIt()
    {
        void Fails(string name, PcDartsPredictor.Options options) =>
            Assert.Contains(name, Assert.Throws<ArgumentOutOfRangeException>(() => PcDartsPredictor.Load(_saved.Zip, options)).Message);
        Fails("BatchSize 0", new() { BatchSize = 0 });
        Fails("Threads -1", new() { Threads = -1 });
        Fails("BadImages 7", new() { BadImages = (BadImageHandling)7 });
        Fails("GpuDeviceId -2", new() { GpuDeviceId = -2 });
    }

    [Fact]
    public void Load_GpuThatOnnxRuntimeLacks_FailsOrFallsBack()
    {
        Assert.Contains("GpuDeviceId 0",
            Assert.Throws<InvalidOperationException>(() => PcDartsPredictor.Load(_saved.Zip, new() { GpuDeviceId = 0 })).Message);
        using var predictor = PcDartsPredictor.Load(_saved.Zip, new() { GpuDeviceId = 0, FallbackToCpu = true });
        SavedPipeline.AssertPredictions(_saved.ExpectedScores(), predictor.Predict(_saved.Files));
    }

    // The model as model.zip and as model.onnx, with some of its weights changed.
    private string[] Save(Action<IReadOnlyDictionary<string, TensorData>> change)
    {
        change(_saved.Model.Weights);
        using var broken = PcDartsTransformer.Create(MlNetAccess.EnvironmentOf(_saved.Ml.Data), _saved.Model,
            TinyModel.Keyed(_saved.Ml).Schema, new ColumnNames("Label", "Image", "Score", "PredictedLabel"));
        string zip = _saved.File("broken.zip"), onnx = _saved.File("broken.onnx");
        _saved.Ml.Model.Save(broken, TinyModel.Keyed(_saved.Ml).Schema, zip);
        broken.SaveOnnx(onnx);
        return [zip, onnx];
    }
}
