using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Platform;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Tests.Runs;

public sealed class CheckpointFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Newest_UnreadableTensors_TakesTheOneBeforeWithAWarning()
    {
        CheckpointFolder folder = Written(epochs: 3);
        MakeUnreadable("000003.safetensors");

        Assert.Equal(2, folder.Newest(_warnings.Add)!.State.Progress.Epoch);
        Assert.Contains("000003.json cannot be read and is left out", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Newest_DiskError_TakesTheOneBeforeWithAWarning()
    {
        CheckpointFolder folder = Written(epochs: 3);
        Disk.Current = new BadSector(_folder.File("000003.json"));

        Assert.Equal(2, folder.Newest(_warnings.Add)!.State.Progress.Epoch);
        Assert.Contains("Input/output error", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Newest_NoneReadable_NamesCauseAndRemedyAndIsNoDamage()
    {
        CheckpointFolder folder = Written(epochs: 2);
        MakeUnreadable("000001.json");
        File.WriteAllBytes(_folder.File("000002.json"), [1, 2, 3]);

        IOException error = Assert.Throws<IOException>(() => folder.Newest(_warnings.Add));
        Assert.Contains("can be used, and not all of them are damaged", error.Message, StringComparison.Ordinal);
        Assert.Contains("right to read them", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, _warnings.Count);
    }

    [Fact]
    public void Write_AfterAFallBack_KeepsTwoThatCanBeUsed()
    {
        CheckpointFolder folder = Written(epochs: 3);
        File.WriteAllBytes(_folder.File("000003.safetensors"), [1, 2, 3]);
        folder.Newest(_warnings.Add);
        folder.Write(CheckpointOf(3));

        Assert.Equal(["000002.json", "000002.safetensors", "000004.json", "000004.safetensors"],
            Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Write_AfterAnUnreadableOne_SucceedsThoughThatStays()
    {
        CheckpointFolder folder = Written(epochs: 3);
        MakeUnreadable("000003.safetensors"); // nor can a folder be deleted like a file
        folder.Newest(_warnings.Add);
        folder.Write(CheckpointOf(3));
        folder.Write(CheckpointOf(4));

        Assert.Equal(4, folder.Newest(_warnings.Add)!.State.Progress.Epoch);
    }

    [Fact]
    public void Tidy_RemainsOfADeadProcess_AreDeletedUnlessOneWasLeftOut()
    {
        CheckpointFolder folder = Written(epochs: 2);
        File.Copy(_folder.File("000001.safetensors"), _folder.File("000000.safetensors"));
        MakeUnreadable("000002.json");
        folder.Newest(_warnings.Add);
        folder.Tidy();
        Assert.True(File.Exists(_folder.File("000000.safetensors")) && Directory.Exists(_folder.File("000002.json")));

        Directory.Delete(_folder.File("000002.json"));
        CheckpointFolder again = new(_folder.Path, "run");
        again.Newest(_warnings.Add);
        again.Tidy();
        Assert.Equal(["000001.json", "000001.safetensors"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Newest_OfAnotherRun_IsRefused()
    {
        Written(epochs: 1);
        DifferentRunException error = Assert.Throws<DifferentRunException>(() => new CheckpointFolder(_folder.Path, "other")
            .Newest(_warnings.Add));
        Assert.Contains("000001.json belongs to another run than 'run.json'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Newest_OfTheVersionBefore_IsRead()
    {
        Written(epochs: 1);
        JsonNode file = JsonNode.Parse(File.ReadAllText(_folder.File("000001.json")))!;
        const string State = """
            {"phase":"Search","progress":{"plan":{"epochs":9,"stepsPerEpoch":4,"batchSize":8,"images":288},
            "epoch":3,"step":2,"epochSteps":4,
            "sums":{"loss":1.5,"hits":7,"count":16},"architectureSums":{"loss":0,"hits":0,"count":0},
            "secondHalfSums":{"loss":0,"hits":0,"count":0},
            "architectureSteps":5,"weightShare":1,"deadline":null,"elapsed":"00:00:02","validationSeconds":0,
            "trained":{"images":96,"cost":96,"seconds":1.5,"imagesPerSecond":64},"costs":[],"learningRateScale":1,
            "bestEpoch":0,"bestScore":"-Infinity","improvedEpoch":0,"improvedScore":"-Infinity",
            "stopped":null,"lastGenotype":null,"unchangedEpochs":1},
            "elapsed":"00:00:03","epochs":[],"metricsBytes":12,"found":null,"shape":null}
            """;
        file["version"] = 2;
        file["state"] = JsonNode.Parse(State);
        string text = file["state"]!.ToJsonString();
        file["stateSha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("run" + text)));
        File.WriteAllText(_folder.File("000001.json"), file.ToJsonString());

        RunState state = new CheckpointFolder(_folder.Path, "run").Newest(_warnings.Add)!.State;
        var progress = Assert.IsType<SearchProgress>(state.Progress);
        Assert.Equal((TrainingPhase.Search, 3, 2, 5, 1, 12),
            (state.Phase, progress.Epoch, progress.Step, progress.ArchitectureSteps, progress.UnchangedEpochs, state.MetricsBytes));
        Assert.Equal(new MeterSums(1.5, 7, 16), progress.Sums);
        Assert.Empty(_warnings);
    }

    private CheckpointFolder Written(int epochs)
    {
        CheckpointFolder folder = new(_folder.Path, "run");
        for (int epoch = 1; epoch <= epochs; epoch++)
            folder.Write(CheckpointOf(epoch));
        return folder;
    }

    /// <summary>A folder in the place of a file cannot be read, not by root either.</summary>
    private void MakeUnreadable(string name)
    {
        File.Delete(_folder.File(name));
        Directory.CreateDirectory(_folder.File(name));
    }

    private static Checkpoint CheckpointOf(int epoch) => new(
        new RunState
        {
            Progress = new SearchProgress { Plan = new PhasePlan(9, 4, 8), Epoch = epoch },
            Elapsed = TimeSpan.FromSeconds(epoch),
            Epochs = [],
            MetricsBytes = 0,
        },
        new Dictionary<string, TensorData> { ["weights"] = new([1], [epoch * 1f]) });

    private sealed class BadSector(string path) : Disk
    {
        public override Stream OpenRead(string file)
            => file == path ? throw new IOException($"Input/output error : '{file}'") : base.OpenRead(file);
    }
}
