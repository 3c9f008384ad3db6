using System.Diagnostics;
using System.Text.Json.Nodes;
using PcDarts.Cli.Shapes;

namespace PcDarts.Samples.Tests.Cli;

public sealed class ResumeCommandTests : IDisposable
{
    private const int Kills = 20;
    private readonly TemporaryFolder _folder = new();

    public ResumeCommandTests() => ShapeDataset.Write(_folder.FullPath, trainingPerClass: 60, testPerClass: 4, seed: 5);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Resume_KilledAtTwentyMoments_EndsWithTheBitsOfAnUninterruptedRun()
    {
        JsonObject whole = CliProcess.Run(Fit("whole")).Json;
        var random = new Random(1);
        string[] command = Fit("broken");
        for (int kill = 0; kill < Kills; kill++)
        {
            using Process process = CliProcess.Start(_folder.FullPath, command);
            WaitForCheckpoint(process, kill);
            Thread.Sleep(random.Next(40));
            Assert.False(process.HasExited, $"the run ended before kill {kill + 1}");
            process.Kill(); // SIGKILL
            process.WaitForExit();
            command = ["resume", _folder["broken"], "--json"];
        }

        CliResult resumed = CliProcess.Run(command);
        Assert.True(resumed.ExitCode == 0, resumed.Errors);
        foreach (string key in (string[])["architectureSha256", "weightsSha256", "accuracy", "logLoss", "validationAccuracy"])
            Assert.Equal(whole[key]!.ToJsonString(), resumed.Json[key]!.ToJsonString());
        Assert.Equal(Epochs("whole"), Epochs("broken"));
    }

    [Fact]
    public void Fit_FolderWithAnotherRun_SaysWhatDiffersUnlessOverwritten()
    {
        Assert.Equal(0, CliProcess.Run(Fit("run")).ExitCode);
        string[] other = [.. Fit("run"), "--validation-fraction", "0.2"];

        CliResult refused = CliProcess.Run(other);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("ValidationFraction is 0.1 in the workspace, 0.2 now", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("--overwrite", refused.Errors, StringComparison.Ordinal);

        CliResult anew = CliProcess.Run([.. other, "--overwrite"]);
        Assert.True(anew.ExitCode == 0, anew.Errors);
    }

    [Fact]
    public void Resume_NoRun_SaysSo()
    {
        CliResult result = CliProcess.Run("resume", _folder["train"]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("There is no run in", result.Errors, StringComparison.Ordinal);
    }

    private string[] Fit(string folder) =>
    [
        "fit", "--train", _folder["train"], "--test", _folder["test"], "--recipe", "tiny", "--seed", "5", "--checkpoint-interval", "0.001s", "--out", _folder[folder], "--json",
    ];

    /// <summary>Waits until the run has written one more checkpoint than the kills before can have left.</summary>
    private void WaitForCheckpoint(Process process, int kill)
    {
        string folder = Path.Combine(_folder["broken"], "checkpoints");
        int before = Newest();
        while (Newest() == before)
        {
            Assert.False(process.HasExited, $"the run ended before kill {kill + 1}");
            Thread.Sleep(1);
        }

        int Newest() => Directory.Exists(folder)
            ? Directory.GetFiles(folder, "*.json").Select(file => int.Parse(Path.GetFileNameWithoutExtension(file), System.Globalization.CultureInfo.InvariantCulture)).DefaultIfEmpty(0).Max()
            : 0;
    }

    /// <summary>The lines of the epochs' ends, without times.</summary>
    private string[] Epochs(string folder) =>
    [
        .. File.ReadLines(Path.Combine(_folder[folder], "metrics.jsonl")).Select(line => JsonNode.Parse(line)!.AsObject()).Where(line => (bool)line["epochEnd"]!).Select(line =>
        {
            foreach (string time in (string[])["elapsed", "remaining", "imagesPerSecond"])
                line.Remove(time);
            return line.ToJsonString();
        }),
    ];
}
