using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Microsoft.ML.PcDarts.MlNet;

namespace Microsoft.ML.PcDarts.Tests;

public sealed partial class PcDartsTransformerTests
{
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
    public void SaveOnnx_ThenRunInBatches_GivesTheModelsProbabilities()
    {
        IDataView data = TinyModel.Keyed(_ml, 8);
        using var tiny = new TinyModel(_ml, data.Schema);
        string path = Path.Combine(_folder, "net.onnx");
        File.WriteAllText(path, "old");
        tiny.Transformer.SaveOnnx(path);
        Assert.Equal([path], Directory.GetFiles(_folder));

        IDataView pixels = ImagePreprocessing.Estimator(_ml, "Image", "r", "p", TinyModel.Width, TinyModel.Height).Fit(data)
            .Transform(data);
        byte[] batch = [.. pixels.GetColumn<byte[]>("p").SelectMany(p => p)];
        using var session = new InferenceSession(path);
        using var results = session.Run(
            [NamedOnnxValue.CreateFromTensor("image", new DenseTensor<byte>(batch, [8, 3, TinyModel.Height, TinyModel.Width]))],
            ["probabilities"]);
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
}
