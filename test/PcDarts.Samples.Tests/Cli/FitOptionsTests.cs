using System.Diagnostics;
using System.Text.Json.Nodes;
using PcDarts.Cli.Shapes;

namespace PcDarts.Samples.Tests.Cli;

public sealed class FitOptionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FitOptionsTests() => ShapeDataset.Write(_folder.FullPath, trainingPerClass: 24, testPerClass: 2, seed: 5);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Fit_GuardsOfSearchAndTraining_ReachTheTrainer()
    {
        CliResult result = CliProcess.Run(
            "fit", "--train", _folder["train"], "--recipe", "tiny", "--out", _folder["out"], "--json",
            "--max-skip-connections", "0", "--search-candidates", "3", "--search-patience", "4", "--early-stopping", "5", "--keep", "best",
            "--class-weights", "--optimizer", "sgd");

        Assert.True(result.ExitCode == 0, result.Errors);
        JsonNode options = JsonNode.Parse(File.ReadAllText(_folder["out", "run.json"]))!["options"]!;
        (string Name, string Value)[] expected =
        [
            ("MaximumSkipConnections", "0"), ("SearchCandidates", "3"), ("SearchPatience", "4"), ("EarlyStoppingPatience", "5"),
            ("ReturnedWeights", "BestValidation"), ("ClassWeighting", "Balanced"), ("Optimizer", "Sgd"),
        ];
        Assert.Equal(expected, expected.Select(option => (option.Name, (string)options[option.Name]!)));
        Assert.DoesNotContain("skip_connect", result.Json["genotype"]!["normal"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("Completed", (string?)result.Json["stopReason"]);
        Assert.InRange((int)result.Json["returnedEpoch"]!, 1, 3);
    }

    [SkippableFact]
    public async Task Fit_InterruptedWithReturnBest_SavesTheModelAndCanGoOn()
    {
        Skip.If(OperatingSystem.IsWindows(), "needs POSIX signals");
        using Process process = CliProcess.Start(
            _folder.FullPath, ["fit", "--train", "train", "--test", "test", "--genotype", "PC_DARTS_cifar", "--out", "out",
                "--return-best", "--json"]);
        string? line;
        do
        {
            line = await process.StandardError.ReadLineAsync();
            Assert.NotNull(line);
        }
        while (!line.StartsWith("Train    epoch 2/", StringComparison.Ordinal));

        // SIGTERM: a shell in the background may have switched SIGINT off.
        CliProcess.Signal(process, "TERM");
        CliResult result = CliProcess.Finish(process);

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Equal("Cancelled", (string?)result.Json["stopReason"]);
        Assert.True(File.Exists((string)result.Json["model"]!));
        Assert.Contains("PcDarts.Cli.dll resume out\n", result.Errors, StringComparison.Ordinal);
        Assert.Contains(">cancelled</span>", await File.ReadAllTextAsync(_folder["out", "report.html"]), StringComparison.Ordinal);
    }
}
