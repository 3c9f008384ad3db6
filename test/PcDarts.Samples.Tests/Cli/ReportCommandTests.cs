using System.Text.Json.Nodes;

namespace PcDarts.Samples.Tests.Cli;

public sealed class ReportCommandTests(FitFixture fixture) : IClassFixture<FitFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Report_FinishedRun_WritesPredictionsAndReportAgain()
    {
        Assert.True(fixture.Fit.ExitCode == 0, fixture.Fit.Errors);
        string report = CopyRun("report.html", "predictions.json");

        CliResult result = CliProcess.Run("report", _folder.FullPath, "--json");

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Equal(report, (string?)result.Json["report"]);
        JsonArray pictures = JsonNode.Parse(File.ReadAllText(_folder["predictions.json"]))!["pictures"]!.AsArray();
        Assert.Equal(Directory.GetFiles(fixture.Test, "*.png", SearchOption.AllDirectories).Length, pictures.Count);
        double accuracy = pictures.Average(picture => (string?)picture!["label"] == (string?)picture["predicted"] ? 1.0 : 0.0);
        Assert.Equal((double)fixture.Fit.Json["accuracy"]!, accuracy, 0.001);
        string page = File.ReadAllText(report);
        Assert.Contains("Confusion matrix", page, StringComparison.Ordinal);
        Assert.Contains("data:image/png;base64,", page, StringComparison.Ordinal);
        Assert.InRange(page.Length, 10_000, 3_000_000);
    }

    [Fact]
    public void Report_NotYetFinished_TellsHowFarItIs()
    {
        string report = CopyRun("model.zip", "result.json", "predictions.json");

        CliResult result = CliProcess.Run("report", _folder.FullPath);

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Equal(report, result.Output.Trim());
        Assert.Contains("interrupted", File.ReadAllText(report), StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["predictions.json"]));
    }

    [Fact]
    public void Report_NoRun_SaysSo()
    {
        CliResult result = CliProcess.Run("report", _folder.FullPath);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("There is no run in", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_DamagedLine_WarnsOfItAndWritesTheRest()
    {
        CopyRun("report.html");
        string[] lines = File.ReadAllLines(_folder["metrics.jsonl"]);
        lines[1] = lines[1][..20];
        File.WriteAllLines(_folder["metrics.jsonl"], lines);

        CliResult result = CliProcess.Run("report", _folder.FullPath);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains($"Line 2 of '{_folder["metrics.jsonl"]}' is damaged", result.Errors, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder["report.html"]));
    }

    /// <summary>Copies the files of the fixture's run, those left out aside.</summary>
    /// <returns>Where its report will be.</returns>
    private string CopyRun(params string[] leftOut)
    {
        foreach (string file in Directory.GetFiles(fixture.Out).Where(file => !leftOut.Contains(Path.GetFileName(file))))
            File.Copy(file, _folder[Path.GetFileName(file)]);
        return _folder["report.html"];
    }
}
