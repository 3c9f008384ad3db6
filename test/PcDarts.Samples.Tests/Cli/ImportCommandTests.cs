using System.Text.Json.Nodes;

namespace PcDarts.Samples.Tests.Cli;

public sealed class ImportCommandTests(FitFixture fixture) : IClassFixture<FitFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Weights => Path.Combine(fixture.Out, "weights.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Import_WeightsOfAFit_GivesItsModelWithoutLibTorch()
    {
        CliResult result = CliProcess.Run("import", Weights, "--out", _folder["out"], "--json");

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Equal((string?)fixture.Fit.Json["weightsSha256"], (string?)result.Json["weightsSha256"]);
        Assert.Equal((string?)fixture.Fit.Json["architectureSha256"], (string?)result.Json["architectureSha256"]);
        Assert.Empty(result.Json["loadedTorchLibraries"]!.AsArray());
        Assert.Equal(File.ReadAllBytes(Path.Combine(fixture.Out, "model.onnx")), File.ReadAllBytes(_folder["out", "model.onnx"]));
        JsonObject evaluated = CliProcess.Run("evaluate", (string)result.Json["model"]!, "--test", fixture.Test, "--json").Json;
        Assert.Equal((double)fixture.Fit.Json["accuracy"]!, (double)evaluated["accuracy"]!, 1e-9);
        Assert.Equal((double)fixture.Fit.Json["logLoss"]!, (double)evaluated["logLoss"]!, 1e-4);
    }

    [Fact]
    public void Import_ClassesOfAFolder_ReplaceTheFiles()
    {
        foreach (DirectoryInfo folder in new DirectoryInfo(fixture.Test).GetDirectories())
            Directory.CreateDirectory(_folder["names", "new " + folder.Name]);

        CliResult result = CliProcess.Run("import", Weights, "--classes", _folder["names"], "--out", _folder["out"]);

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Contains("new star", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_InitialModel_SkipsTheSearchAndKeepsTheGenotype()
    {
        CliResult result = CliProcess.Run("fit", "--train", fixture.Train, "--initial-model", Weights, "--freeze-backbone", "--recipe",
            "tiny", "--out", _folder["out"], "--json");

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Equal((string?)fixture.Fit.Json["architectureSha256"], (string?)result.Json["architectureSha256"]);
        Assert.Equal(0, (double)result.Json["searchSeconds"]!);
        Assert.NotEqual((string?)fixture.Fit.Json["weightsSha256"], (string?)result.Json["weightsSha256"]);
    }

    [Fact]
    public void Export_Int8_IsSmallerAndPredicts()
    {
        string onnx = _folder["out", "small.onnx"];

        CliResult result = CliProcess.Run("export", Weights, onnx, "--weights", "int8", "--json");

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.InRange(new FileInfo(onnx).Length, 1, new FileInfo(Path.Combine(fixture.Out, "model.onnx")).Length - 1);
        Assert.Equal(0, CliProcess.Run("predict", Directory.GetFiles(fixture.Test, "*.png", SearchOption.AllDirectories)[0], "--model",
            onnx).ExitCode);
        Assert.Contains("int4", CliProcess.Run("export", Weights, onnx, "--weights", "int4").Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Import_BadInput_TellsWhatToDo()
    {
        Fails("does not exist", "missing.pth");
        Fails("different names", Weights, "--classes", "cat,dog");
        Fails("--mean", Weights, "--mean", "0.5");
        File.WriteAllText(_folder["text.pth"], "not a file of weights");
        Fails("text.pth", _folder["text.pth"]);
        Assert.False(Directory.Exists(_folder["out"]));

        void Fails(string message, params string[] arguments)
        {
            CliResult result = CliProcess.Run(["import", .. arguments, "--out", _folder["out"]]);
            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains(message, result.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
        }
    }
}
