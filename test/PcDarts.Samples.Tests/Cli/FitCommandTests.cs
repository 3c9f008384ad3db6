using System.Text.Json.Nodes;
using Microsoft.ML.PcDarts;
using SkiaSharp;

namespace PcDarts.Samples.Tests.Cli;

public sealed class FitCommandTests(FitFixture fixture) : IClassFixture<FitFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Fit_Json_HasEveryKey()
    {
        Assert.True(fixture.Fit.ExitCode == 0, fixture.Fit.Errors);
        JsonObject json = Assert.IsType<JsonObject>(JsonNode.Parse(fixture.Fit.Output)); // nothing but the object on standard output
        Assert.InRange((double)json["accuracy"]!, 0, 1);
        Genotype genotype = Genotype.FromJson(json["genotype"]!.ToJsonString());
        Assert.Equal(genotype.Sha256(), (string?)json["architectureSha256"]);
        Assert.Matches("^[0-9a-f]{64}$", (string?)json["weightsSha256"]);
        Assert.Equal(fixture.Model, (string?)json["model"]);
        Assert.All(
            ["parameters", "multiplyAdds", "searchSeconds", "trainSeconds", "searchImagesPerSecond", "trainImagesPerSecond",
                "peakMemoryBytes"],
            key => Assert.True((double)json[key]! > 0, key));
    }

    [Fact]
    public void Fit_Files_AreTheModelAndTheRun()
    {
        Assert.Equal(["checkpoints", "data.json", "fit.json", "genotype.json", "genotypes", "metrics.jsonl", "model.onnx", "model.zip",
            "predictions.json", "report.html", "result.json", "run.json", "supernet.safetensors", "weights.safetensors"],
            Directory.GetFileSystemEntries(fixture.Out).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal((string?)fixture.Fit.Json["architectureSha256"], Genotype.Load(Path.Combine(fixture.Out, "genotype.json")).Sha256());
    }

    [Fact]
    public void Fit_Progress_ShowsBothPhasesOnStandardError()
    {
        Assert.Contains("Search   epoch 1/2, loss", fixture.Fit.Errors, StringComparison.Ordinal);
        Assert.Contains("Train    epoch 3/3, loss", fixture.Fit.Errors, StringComparison.Ordinal);
        Assert.Contains("images/s", fixture.Fit.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.zip")]
    [InlineData("model.onnx")]
    public void GenotypeShow_Model_ReadsItsMetadata(string file)
    {
        JsonObject json = CliProcess.Run("genotype", "show", Path.Combine(fixture.Out, file), "--json").Json;

        Assert.Equal((string?)fixture.Fit.Json["architectureSha256"], (string?)json["architectureSha256"]);
        Assert.Equal((string?)fixture.Fit.Json["weightsSha256"], (string?)json["weightsSha256"]);
        Assert.Equal((long)fixture.Fit.Json["parameters"]!, (long)json["parameters"]!);
    }

    [Fact]
    public void Evaluate_InAnotherProcess_GivesTheSameAccuracyWithoutLibTorch()
    {
        CliResult result = CliProcess.Run("evaluate", fixture.Model, "--test", fixture.Test, "--json");

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Equal((double)fixture.Fit.Json["accuracy"]!, (double)result.Json["accuracy"]!, 0.001);
        Assert.Equal((double)fixture.Fit.Json["logLoss"]!, (double)result.Json["logLoss"]!, 0.001);
        Assert.Equal((string?)fixture.Fit.Json["weightsSha256"], (string?)result.Json["weightsSha256"]);
        Assert.Empty(result.Json["loadedTorchLibraries"]!.AsArray());
        Assert.All(result.Json["classes"]!.AsArray(), item => Assert.Equal(10, (int)item!["pictures"]!));
    }

    [Fact]
    public void Predict_HeatMap_IsAPictureOfOne()
    {
        string[] files = Directory.GetFiles(fixture.Test, "*.png", SearchOption.AllDirectories);
        string map = _folder["map.png"];

        CliResult result = CliProcess.Run("predict", files[0], "--model", fixture.Model, "--heat-map", map);

        Assert.True(result.ExitCode == 0, result.Errors);
        using SKBitmap picture = SKBitmap.Decode(map);
        Assert.Equal(256, picture.Width);
        Assert.Contains("one picture", CliProcess.Run("predict", files[0], files[1], "--model", fixture.Model, "--heat-map", map).Errors,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_UnknownClass_NamesIt()
    {
        CopyOne("star", _folder["test", "star"]);
        CopyOne("ring", _folder["test", "hexagon"]);

        CliResult result = CliProcess.Run("evaluate", fixture.Model, "--test", _folder["test"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("classes that the model does not know: hexagon.", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_ModelCutShort_SaysSo()
    {
        byte[] bytes = File.ReadAllBytes(fixture.Model);
        File.WriteAllBytes(_folder["cut.zip"], bytes[..(bytes.Length / 2)]);

        CliResult result = CliProcess.Run("evaluate", _folder["cut.zip"], "--test", fixture.Test);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("cut.zip' is not a complete ML.NET model", result.Errors, StringComparison.Ordinal);
        Assert.Single(result.Errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public void Predict_OneFileCorrupt_NamesItAndPredictsTheOthers()
    {
        CopyOne("star", _folder.FullPath);
        File.WriteAllText(_folder["broken.png"], "no picture");

        CliResult result = CliProcess.Run("predict", _folder["broken.png"], _folder["0000.png"], _folder["missing.png"], "--model",
            fixture.Model, "--json");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("broken.png' cannot be decoded", result.Errors, StringComparison.Ordinal);
        Assert.Contains("missing.png' does not exist", result.Errors, StringComparison.Ordinal);
        JsonArray predictions = result.Json["predictions"]!.AsArray();
        Assert.Equal(3, predictions.Count);
        Assert.NotNull(predictions[0]!["error"]);
        Assert.Equal(3, predictions[1]!["top"]!.AsArray().Count);
        Assert.Equal((string?)predictions[1]!["label"], (string?)predictions[1]!["top"]![0]!["label"]);
        Assert.Empty(result.Json["loadedTorchLibraries"]!.AsArray());
    }

    [Fact]
    public void Predict_NoPcDartsModel_SaysSo()
    {
        File.WriteAllText(_folder["other.zip"], "PK no zip");

        CliResult result = CliProcess.Run("predict", _folder.FullPath, "--model", _folder["other.zip"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("other.zip' is not a complete PC-DARTS model", result.Errors, StringComparison.Ordinal);
        Assert.Single(result.Errors.TrimEnd().Split('\n'));
    }

    private void CopyOne(string shape, string folder)
    {
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(fixture.Test, shape, "0000.png"), Path.Combine(folder, "0000.png"));
    }
}
