using System.Diagnostics;

namespace PcDarts.Samples.Tests.Cli;

public sealed class WatchCommandTests(FitFixture fixture) : IClassFixture<FitFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Watch_RunThatBeginsLater_ShowsItsLinesAndEndsWithItsResult()
    {
        using Process watch = CliProcess.Start(_folder.FullPath, ["watch", _folder.FullPath, "--json"]);
        Assert.Contains("waiting for its first files", watch.StandardError.ReadLine(), StringComparison.Ordinal);
        CliResult fit = CliProcess.Run("fit", "--train", fixture.Train, "--recipe", "tiny", "--seed", "5", "--out",
            _folder.FullPath, "--json");
        CliResult result = CliProcess.Finish(watch);

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Contains("Search   epoch 1/2, loss", result.Errors, StringComparison.Ordinal);
        Assert.Contains("Train    epoch 3/3, loss", result.Errors, StringComparison.Ordinal);
        Assert.Equal("finished", (string?)result.Json["state"]);
        Assert.Equal((string?)fit.Json["weightsSha256"], (string?)result.Json["weightsSha256"]);
    }

    [Fact]
    public void Watch_StoppedWithoutEnding_TellsHowToGoOn()
    {
        foreach (string file in (string[])["run.json", "metrics.jsonl"])
            File.Copy(Path.Combine(fixture.Out, file), _folder[file]);

        CliResult result = CliProcess.Run("watch", _folder.FullPath);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"PcDarts.Cli.dll resume {_folder.FullPath}\n", result.Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Watch_Interrupted_SaysThatTheRunIsNotTouched()
    {
        CliProcess.SkipUnlessInterruptible();
        using Process watch = CliProcess.Start(_folder.FullPath, ["watch", _folder.FullPath, "--json"]);
        Assert.NotNull(watch.StandardError.ReadLine());

        CliProcess.Signal(watch, "INT");
        CliResult result = CliProcess.Finish(watch);

        Assert.Equal(130, result.ExitCode);
        Assert.Contains("The run itself is not touched", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Cancelled", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Watch_NoFolder_NamesIt()
    {
        CliResult result = CliProcess.Run("watch", _folder["missing"]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"There is no folder '{_folder["missing"]}'", result.Errors, StringComparison.Ordinal);
    }
}
