using System.Text.Json.Nodes;
using Microsoft.ML.PcDarts;

namespace PcDarts.Samples.Tests.Cli;

/// <summary>The supernet of a fit: <c>export</c>, <c>genotype show</c> and <c>fit --initial-supernet</c>.</summary>
public sealed class SupernetCommandTests(FitFixture fixture) : IClassFixture<FitFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Supernet => _folder["new", "supernet.safetensors"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Export_FolderOfARun_WritesItsSupernet()
    {
        CliResult result = CliProcess.Run("export", fixture.Out, Supernet, "--json");

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Equal((string?)fixture.Fit.Json["architectureSha256"], (string?)result.Json["architectureSha256"]);
        Assert.Equal(Supernet, (string?)result.Json["model"]);
        Assert.Equal(new FileInfo(Supernet).Length, (long)result.Json["bytes"]!);
    }

    [Fact]
    public void GenotypeShow_Supernet_DecodesAlphaAndBeta()
    {
        JsonObject json = CliProcess.Run("genotype", "show", Path.Combine(fixture.Out, "supernet.safetensors"), "--json").Json;

        Assert.Equal((string?)fixture.Fit.Json["architectureSha256"], (string?)json["architectureSha256"]);
    }

    [Fact]
    public void Fit_InitialSupernet_SearchesOnAndResumesFromAnotherFolder()
    {
        PcDartsRun.Open(fixture.Out).SaveSupernet(_folder["supernet.safetensors"]);

        CliResult result = CliProcess.Run(
            _folder.FullPath, ["fit", "--train", fixture.Train, "--recipe", "tiny", "--seed", "5", "--initial-supernet",
                "supernet.safetensors", "--out", "out", "--json", "--verbose"]);

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Contains("The search starts from a supernet of", result.Errors, StringComparison.Ordinal);
        Assert.True((double)result.Json["searchSeconds"]! > 0);
        Assert.NotEqual((string?)fixture.Fit.Json["weightsSha256"], (string?)result.Json["weightsSha256"]);
        Assert.Equal((string?)result.Json["weightsSha256"],
            (string?)CliProcess.Run("resume", _folder["out"], "--json").Json["weightsSha256"]);
    }

    [Fact]
    public void Commands_BadInput_TellWhatToDo()
    {
        string weights = Path.Combine(fixture.Out, "weights.safetensors"), supernet = Path.Combine(fixture.Out, "supernet.safetensors");
        Directory.CreateDirectory(_folder["empty"]);
        Fails("There is no run in", "export", _folder["empty"], Supernet);
        Fails("For the network as ONNX give " + weights, "export", fixture.Out, _folder["new", "model.onnx"]);
        Fails("Option '--float-pixels' is about ONNX files", "export", fixture.Out, Supernet, "--float-pixels");
        Fails("is a folder; name a file", "export", fixture.Out, _folder["empty"]);
        Fails("it has none of alphas_normal", "genotype", "show", weights);
        Fails("it holds the supernet of a search", "import", supernet, "--out", _folder["new"]);
        Fails("none of its edges has several operations", "fit", "--train", fixture.Train, "--initial-supernet", weights, "--out",
            _folder["new"]);
        Fails("Option '--initial-supernet' is about the search, which --genotype skips", "fit", "--train", fixture.Train,
            "--initial-supernet", supernet, "--genotype", "PC_DARTS_cifar", "--out", _folder["new"]);
        Assert.False(Directory.Exists(_folder["new"]));

        static void Fails(string message, params string[] arguments)
        {
            CliResult result = CliProcess.Run(arguments);
            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains(message, result.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
        }
    }
}
