using System.IO.Compression;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>What can be loaded, and what is said of all else.</summary>
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
        Assert.Contains($"'{path}' is not a complete PC-DARTS model", Assert.Throws<InvalidDataException>(() => PcDartsPredictor.Load(path)).Message);
        using var stream = File.OpenRead(path);
        Assert.Contains("The stream is not a complete PC-DARTS model", Assert.Throws<InvalidDataException>(() => PcDartsPredictor.Load(stream)).Message);
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
        Assert.Contains($"'{path}' is not a complete PC-DARTS model", Assert.Throws<InvalidDataException>(() => PcDartsPredictor.Load(path)).Message);
    }

    [Fact]
    public void Load_ForeignModel_SaysWhatIsMissing()
    {
        string zip = _saved.File("other.zip"), noSchema = _saved.File("noschema.zip");
        _saved.Ml.Model.Save(_saved.Ml.Transforms.CopyColumns("A", "Label").Fit(_saved.Rows), _saved.Rows.Schema, zip);
        _saved.Ml.Model.Save(_saved.Fitted, null, noSchema);
        Assert.Contains("it has no ONNX model", Assert.Throws<InvalidDataException>(() => PcDartsPredictor.Load(zip)).Message);
        Assert.Contains("'Label'", Assert.Throws<InvalidDataException>(() => PcDartsPredictor.Load(noSchema)).Message);
        Assert.Throws<FileNotFoundException>(() => PcDartsPredictor.Load(_saved.File("missing.zip")));
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
        Assert.Contains("GpuDeviceId 0", Assert.Throws<InvalidOperationException>(() => PcDartsPredictor.Load(_saved.Zip, new() { GpuDeviceId = 0 })).Message);
        using var predictor = PcDartsPredictor.Load(_saved.Zip, new() { GpuDeviceId = 0, FallbackToCpu = true });
        SavedPipeline.AssertPredictions(_saved.ExpectedScores(), predictor.Predict(_saved.Files));
    }
}
