using System.Security.Cryptography;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Platform;
using Microsoft.ML.PcDarts.Reports;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Tests.Runs;

/// <summary>
/// A run without training, on a disk that fails at every one of its operations in turn: the folder always reaches the same end, and what
/// was once promised is there.
/// </summary>
public sealed class FaultTests : IDisposable
{
    private const int Epochs = 3;
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _view;
    private readonly TinyModel _model;

    public FaultTests()
    {
        _view = TinyModel.Keyed(_ml);
        _model = new TinyModel(_ml, _view.Schema);
    }

    public enum Fault
    {
        Once,
        Lasting,
        PowerCut,
        PowerCutThatKeepsNames,
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(Fault.Once)]
    [InlineData(Fault.Lasting)]
    [InlineData(Fault.PowerCut)]
    [InlineData(Fault.PowerCutThatKeepsNames)]
    public void Workspace_EveryOperationFails_GoesOnToTheSameEnd(Fault fault)
    {
        Dictionary<bool, string> whole = new() { [true] = NewFolder("whole"), [false] = NewFolder("unfinished") };
        foreach ((bool finish, string folder) in whole)
            Attempt(folder, new Promises(), [], finish);
        int faults = 0;
        for (string? failed = ""; failed is not null; faults++)
        {
            string folder = NewFolder($"{faults}");
            Promises promises = new();
            failed = AttemptWith(fault, faults + 1, folder, promises);
            List<string> warnings = [];

            // Writing the model again costs most; it is done where the fault came while it was written.
            bool finish = promises.Epochs == Epochs;
            Disk.Current = new FaultyDisk(failAt: 0, lasting: false);
            Attempt(folder, promises, warnings, finish);
            Disk.Current = new Disk();
            Assert.True(warnings.Count == 0, $"{fault} {faults + 1}, {failed}: {string.Join('\n', warnings)}");
            Assert.Equal((fault, failed, Files(whole[finish])), (fault, failed, Files(folder)));
            Assert.Equal(finish ? PcDartsRunState.Finished : PcDartsRunState.Interrupted, PcDartsRun.Open(folder).State);
            Directory.Delete(folder, recursive: true);
        }

        Assert.InRange(faults, 60, 400);
    }

    /// <returns>What failed; null if the run has fewer operations than that.</returns>
    private string? AttemptWith(Fault fault, int at, string folder, Promises promises)
    {
        FaultyDisk disk = fault is Fault.PowerCut or Fault.PowerCutThatKeepsNames
            ? new ForgetfulDisk(folder, at, keepsNames: fault == Fault.PowerCutThatKeepsNames)
            : new FaultyDisk(at, lasting: fault == Fault.Lasting);
        Disk.Current = disk;
        try
        {
            Attempt(folder, promises, [], finish: true);
        }
        catch (IOException error)
        {
            Assert.Contains("for a test", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Disk.Current = new Disk();
        }

        (disk as ForgetfulDisk)?.Forget();
        return disk.Failed;
    }

    /// <summary>The trainer's use of a workspace, from where an earlier attempt stopped.</summary>
    private void Attempt(string folder, Promises promises, List<string> warnings, bool finish)
    {
        using Workspace workspace = Workspace.Open(folder, ReportPage.Write);
        Assert.True(PcDartsRun.Exists(folder) || !promises.Began);
        Checkpoint? newest = workspace.Begin(Description, warnings.Add);
        promises.Began = true;
        List<EpochMetrics> epochs = [.. newest?.State.Epochs ?? []];
        Assert.True(epochs.Count >= promises.Epochs, $"{promises.Epochs} epochs were saved, {epochs.Count} are left");
        Assert.True(File.Exists(Path.Combine(folder, RunResult.FileName)) || !promises.Finished);
        for (int epoch = epochs.Count + 1; epoch <= Epochs; epoch++)
        {
            TrainingProgress report = ReportOf(epoch);
            workspace.Add(report);
            epochs.Add(EpochMetrics.Of(report));
            workspace.Write(CheckpointOf(epochs, workspace.MetricsBytes));
            promises.Epochs = epoch;
        }

        if (!finish)
            return;
        TrainingHistory history = TinyModel.History(_model.Model.Genotype, _model.Model.Shape) with
        {
            Epochs = epochs,
            Seed = Description.Seed
        };
        workspace.Finish(new RunResult(_model.Model.Genotype, _model.Model.Shape, ["a", "b", "c"], history),
            stream => _ml.Model.Save(_model.Transformer, _view.Schema, stream), stream => _model.Model.WriteOnnx(stream));
        promises.Finished = true;
    }

    private static RunDescription Description { get; } = new()
    {
        Started = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Seed = 7,
        Device = "cpu",
        Precision = "Float32",
        Threads = 2,
        Data = new DataDescription(30, 8, 8, 3, new string('a', DataDescription.HashLength)),
        Options = new Dictionary<string, string> { ["Epochs"] = "3" },
        Versions = new Dictionary<string, string>(),
        Machine = "a machine",
    };

    private static TrainingProgress ReportOf(int epoch) => new()
    {
        Phase = TrainingPhase.Search, Epoch = epoch, Epochs = Epochs, Step = 4, Steps = 4, Loss = 2, Accuracy = 0.5, LearningRate = 0.1,
        Elapsed = TimeSpan.FromSeconds(epoch), EpochEnd = true,
        Genotype = KnownGenotypes.PcDartsCifar,
    };

    private static Checkpoint CheckpointOf(IReadOnlyList<EpochMetrics> epochs, long metricsBytes) => new(
        new RunState
        {
            Progress = new SearchProgress { Plan = new PhasePlan(Epochs, 4, 8), Epoch = epochs.Count },
            Elapsed = TimeSpan.FromSeconds(epochs.Count), Epochs = epochs, MetricsBytes = metricsBytes,
        },
        new Dictionary<string, TensorData> { ["weights"] = new([2], [1f, epochs.Count]) });

    /// <summary>Names and contents of all files, but for those that hold the time of writing.</summary>
    private static string Files(string folder)
        => string.Join('\n', Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => $"{Path.GetRelativePath(folder, file)} {Contents(file)}"));

    private static string Contents(string file) => Path.GetFileName(file) is PcDartsReport.FileName or Workspace.ModelFile
        ? ""
        : Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));

    private string NewFolder(string name) => Directory.CreateDirectory(_folder.File(name)).FullName;

    /// <summary>Everything that a run was promised to keep.</summary>
    private sealed class Promises
    {
        public bool Began { get; set; }

        public int Epochs { get; set; }

        public bool Finished { get; set; }
    }
}
