using System.Diagnostics;
using System.Text.Json.Nodes;
using PcDarts.Cli.Shapes;

namespace PcDarts.Samples.Tests.Cli;

public sealed class ResumeCommandTests : IDisposable
{
    private const int Kills = 20;
    private const int Killed = 128 + 9;
    private readonly TemporaryFolder _folder = new();

    public ResumeCommandTests() => ShapeDataset.Write(_folder.FullPath, trainingPerClass: 60, testPerClass: 4, seed: 5);

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Kills come when they come: a run that ends before all were dealt must have ended well, and the rest fall on the next one.
    /// </summary>
    [Fact]
    public void Resume_KilledAtTwentyMoments_EndsWithTheBitsOfAnUninterruptedRun()
    {
        JsonObject whole = CliProcess.Run(Fit("whole")).Json;
        string[] epochs = Epochs("whole");
        var random = new Random(1);
        int kills = 0;
        for (int run = 1; kills < Kills; run++)
        {
            Assert.True(run <= Kills, $"{kills} kills in {run - 1} runs");
            string folder = $"broken-{run}";
            string[] command = Fit(folder);
            CliResult result = KillOrFinish(command, folder, kills < Kills, random);
            for (; result.ExitCode == Killed; result = KillOrFinish(command, folder, kills < Kills, random))
            {
                kills++;
                command = ["resume", _folder[folder], "--json"];
            }

            Assert.True(result.ExitCode == 0, result.Errors);
            foreach (string key in (string[])["architectureSha256", "weightsSha256", "accuracy", "logLoss", "validationAccuracy"])
                Assert.Equal(whole[key]!.ToJsonString(), result.Json[key]!.ToJsonString());
            Assert.Equal(epochs, Epochs(folder));
        }
    }

    [Fact]
    public void Fit_FolderWithAnotherRun_SaysWhatDiffersUnlessOverwritten()
    {
        Assert.Equal(0, CliProcess.Run(Fit("run")).ExitCode);
        string[] other = [.. Fit("run"), "--validation-fraction", "0.2"];

        CliResult refused = CliProcess.Run(other);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("--validation-fraction is 0.1 in the workspace, 0.2 now", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("--overwrite", refused.Errors, StringComparison.Ordinal);

        CliResult again = CliProcess.Run([.. other, "--overwrite"]);
        Assert.True(again.ExitCode == 0, again.Errors);
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
        "fit", "--train", _folder["train"], "--test", _folder["test"], "--recipe", "tiny", "--seed", "5", "--checkpoint-interval", "0.001s",
        "--out", _folder[folder], "--json",
    ];

    /// <summary>
    /// Starts the program and ends it with SIGKILL at a moment after its next checkpoint, unless it is faster or to be spared.
    /// </summary>
    private CliResult KillOrFinish(string[] command, string folder, bool kill, Random random)
    {
        string checkpoints = _folder[folder, "checkpoints"];
        int before = Newest();
        using Process process = CliProcess.Start(_folder.FullPath, command);
        while (kill && Newest() == before && !process.HasExited)
            Thread.Sleep(1);
        if (kill)
        {
            Thread.Sleep(random.Next(40));
            process.Kill(); // SIGKILL; nothing where the process has ended.
        }
        return CliProcess.Finish(process);

        int Newest() => Directory.Exists(checkpoints)
            ? Directory.GetFiles(checkpoints, "*.json")
                .Select(file => int.Parse(Path.GetFileNameWithoutExtension(file), System.Globalization.CultureInfo.InvariantCulture))
                .DefaultIfEmpty(0).Max()
            : 0;
    }

    /// <summary>The lines of the epochs' ends, without times.</summary>
    private string[] Epochs(string folder) =>
    [
        .. File.ReadLines(Path.Combine(_folder[folder], "metrics.jsonl")).Select(line => JsonNode.Parse(line)!.AsObject())
            .Where(line => (bool)line["epochEnd"]!).Select(line =>
            {
                foreach (string time in (string[])["elapsed", "remaining", "imagesPerSecond"])
                    line.Remove(time);
                return line.ToJsonString();
            }),
    ];
}
