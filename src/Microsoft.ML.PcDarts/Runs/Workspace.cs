using System.Text;
using System.Text.Json;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Runs;

/// <summary>
/// The folder that holds a run: run.json, metrics.jsonl, checkpoints and a genotype for each epoch of the search. One process at a time has
/// it.
/// </summary>
internal sealed partial class Workspace : IDisposable
{
    public const string RunFile = "run.json";
    public const string MetricsFile = "metrics.jsonl";
    public const string ModelFile = "model.zip";
    public const string OnnxFile = "model.onnx";
    public const string CheckpointsFolder = "checkpoints";
    public const string GenotypesFolder = "genotypes";
    public const string SupernetFile = "supernet.safetensors";
    public const string PageFile = "report.html";
    private readonly FileStream _lock;
    private readonly Func<string, bool, string>? _report;
    private readonly ReportPace _pace = new();
    private CheckpointFolder? _checkpoints;
    private Stream? _metrics;
    private bool _hasGenotypes;
    private Action<string>? _warn;

    private Workspace(string path, FileStream fileLock, Func<string, bool, string>? report)
        => (FullPath, _lock, _report) = (path, fileLock, report);

    public string FullPath { get; }

    /// <summary>Compares this run with the one that the folder holds, or describes this run in a folder that holds none.</summary>
    /// <param name="now">This run.</param>
    /// <param name="warn">Told about what may change the last bits, and about damaged checkpoints.</param>
    /// <returns>Checkpoint to resume from; null to begin.</returns>
    /// <exception cref="DifferentRunException">The folder holds another run.</exception>
    /// <exception cref="InvalidDataException">Files of the folder are damaged, or belong to different runs.</exception>
    /// <exception cref="IOException">The folder cannot be read or written.</exception>
    public Checkpoint? Begin(RunDescription now, Action<string> warn)
    {
        _warn = warn;
        try
        {
            Checkpoint? newest = ReadDescription(FullPath) is { } old ? Continue(old, now, warn) : Describe(now);
            OpenMetrics(newest, warn);
            return newest;
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new IOException(
                $"The workspace '{FullPath}' cannot be used: {denied.Message} Restore this process's rights to read and write its files, "
                    + $"then call Fit again.",
                denied);
        }
    }

    private Checkpoint? Continue(RunDescription old, RunDescription now, Action<string> warn)
    {
        IReadOnlyList<string> differences = old.Differences(now);
        if (differences.Count > 0)
        {
            throw new DifferentRunException($"The workspace '{FullPath}' holds a run that differs from this one, so it cannot be resumed: "
                + $"{string.Join("; ", differences)}. "
                + "Give the same options and data to resume it, or another WorkspacePath (or delete the folder) to start a new run.");
        }

        _checkpoints = CheckpointFolder.Of(FullPath, old);
        Checkpoint? newest = _checkpoints.Newest(warn);
        _checkpoints.Tidy();
        if (newest is not null && old.Caveats(now) is { Count: > 0 } caveats)
        {
            warn(
                $"The run is resumed, but its result may differ in the last bits from an uninterrupted one: {string.Join("; ", caveats)}.");
        }

        return newest;
    }

    private Checkpoint? Describe(RunDescription now)
    {
        string file = Path.Combine(FullPath, RunFile);
        if (CheckpointFolder.Of(FullPath, now).HasAny)
        {
            throw new InvalidDataException($"'{FullPath}' holds checkpoints of a run, and '{RunFile}', which describes it, is missing. "
                + "Restore that file from a backup to resume the run, or delete the workspace to start again.");
        }

        _checkpoints = CheckpointFolder.Of(FullPath, now with { Sha256 = ReportFile.Write(file, now) });
        return null;
    }

    private void OpenMetrics(Checkpoint? newest, Action<string> warn)
    {
        _metrics = Disk.Current.Open(Path.Combine(FullPath, MetricsFile));
        Disk.Current.SyncDirectory(FullPath);
        if (newest is not null && _metrics.Length < newest.State.MetricsBytes)
            warn($"{MetricsFile} is shorter than it was at the last checkpoint; its lines are incomplete.");

        // What follows belongs to steps that are done again.
        CutMetrics(newest?.State.MetricsBytes ?? 0);
    }

    public long MetricsBytes => _metrics!.Position;

    /// <summary>Drops what was written behind a checkpoint.</summary>
    public void CutMetrics(long bytes)
    {
        _metrics!.SetLength(Math.Min(_metrics.Length, bytes));
        _metrics.Seek(0, SeekOrigin.End);
    }

    /// <summary>Adds a line to metrics.jsonl.</summary>
    public void Add(TrainingProgress report)
    {
        _metrics!.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(report, JsonFormat.Compact) + "\n"));
        _metrics.Flush();
        if (report is { EpochEnd: true, Phase: TrainingPhase.Search, Genotype: { } genotype })
        {
            string folder = Path.Combine(FullPath, GenotypesFolder);
            if (!_hasGenotypes)
                AtomicFile.CreateDirectory(folder);
            _hasGenotypes = true;
            genotype.Save(Path.Combine(folder, $"epoch-{report.Epoch:D4}.json"));
        }

        if (report.EpochEnd)
            _pace.RunIfDue(() => WriteReport(running: true));
    }

    /// <summary>Keeps a warning of the run.</summary>
    public void AddWarning(string message) => RunWarnings.Add(FullPath, message);

    /// <summary>Writes model, result and report of the finished run.</summary>
    /// <param name="result">The result.</param>
    /// <param name="writeModel">Writes the content of <see cref="ModelFile"/>.</param>
    /// <param name="writeOnnx">Writes the content of <see cref="OnnxFile"/>.</param>
    public void Finish(RunResult result, Action<Stream> writeModel, Action<Stream> writeOnnx)
    {
        Disk.Current.Sync(_metrics!);
        AtomicFile.Write(Path.Combine(FullPath, ModelFile), writeModel);
        AtomicFile.Write(Path.Combine(FullPath, OnnxFile), writeOnnx);
        result.Write(FullPath);
        WriteReport(running: false);
    }

    /// <summary>The newest whole checkpoint; null when there is none.</summary>
    public Checkpoint? Newest(Action<string> warn) => _checkpoints!.Newest(warn);

    public void Write(Checkpoint checkpoint)
    {
        Disk.Current.Sync(_metrics!);
        _checkpoints!.Write(checkpoint);
    }

    /// <summary>Deletes the run; its description goes last, so that a run that is half deleted still counts as one.</summary>
    public void Delete()
    {
        foreach (string folder in ((string[])[CheckpointsFolder, GenotypesFolder]).Select(name => Path.Combine(FullPath, name)).Where(
            Directory.Exists))
        {
            Directory.Delete(folder, recursive: true);
        }

        Delete([MetricsFile, RunWarnings.FileName, SupernetFile, RunResult.FileName, RunPredictions.FileName, PageFile]);
        Delete([RunFile]);

        void Delete(string[] names)
        {
            foreach (string name in names)
                Disk.Current.Delete(Path.Combine(FullPath, name));
            Disk.Current.SyncDirectory(FullPath);
        }
    }

    // A damaged line of an earlier attempt must not end a run that does not need it.
    private void WriteReport(bool running)
    {
        try
        {
            _report?.Invoke(FullPath, running);
        }
        catch (InvalidDataException damage)
        {
            _warn!($"{PageFile} is not up to date: {damage.Message}");
        }
    }

    public void Dispose()
    {
        _metrics?.Dispose();
        _lock.Dispose();
    }
}
