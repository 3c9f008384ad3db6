using System.Text;
using System.Text.Json;

namespace Microsoft.ML.PcDarts;

/// <summary>The folder that holds a run: run.json, metrics.jsonl, checkpoints and a genotype for each epoch of the search. One process at a time has it.</summary>
internal sealed class Workspace : IDisposable
{
    public const string RunFile = "run.json";
    public const string MetricsFile = "metrics.jsonl";
    public const string CheckpointsFolder = "checkpoints";
    public const string GenotypesFolder = "genotypes";
    public const string SupernetFile = "supernet.safetensors";
    private const string LockFile = ".lock";
    private readonly FileStream _lock;
    private readonly CheckpointFolder _checkpoints;
    private readonly ReportPace _pace = new();
    private FileStream? _metrics;
    private Action<string>? _warn;

    private Workspace(string path, FileStream fileLock)
    {
        (FullPath, _lock) = (path, fileLock);
        _checkpoints = new CheckpointFolder(Path.Combine(path, CheckpointsFolder));
    }

    public string FullPath { get; }

    /// <summary>Creates the folder if it is missing, and takes it for this process.</summary>
    /// <exception cref="IOException">The folder cannot be written to, or another process has it.</exception>
    public static Workspace Open(string path)
    {
        string full = Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(full);
            FileStream fileLock = Take(Path.Combine(full, LockFile));

            // Only a process that died leaves such files.
            foreach (string remains in Directory.EnumerateFiles(full, "pixels-*.tmp"))
                File.Delete(remains);
            return new Workspace(full, fileLock);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new IOException(
                $"WorkspacePath '{path}' cannot be written to, or another process uses it: {error.Message} Name a folder that this process may create files in, one for each run.", error);
        }
    }

    // Who asks whether a folder is taken holds its lock for a moment.
    private static FileStream Take(string file)
    {
        const int Attempts = 10, PauseMilliseconds = 20;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (IOException) when (attempt < Attempts && File.Exists(file))
            {
                Thread.Sleep(PauseMilliseconds);
            }
        }
    }

    /// <summary>Compares this run with the one that the folder holds, or describes this run in a folder that holds none.</summary>
    /// <param name="now">This run.</param>
    /// <param name="warn">Told about what may change the last bits, and about damaged checkpoints.</param>
    /// <returns>Where to go on; null to begin.</returns>
    /// <exception cref="DifferentRunException">The folder holds another run.</exception>
    /// <exception cref="InvalidDataException">Files of the folder are damaged.</exception>
    public Checkpoint? Begin(RunDescription now, Action<string> warn)
    {
        _warn = warn;
        string file = Path.Combine(FullPath, RunFile);
        Checkpoint? newest = null;
        if (ReadDescription(FullPath) is { } old)
        {
            IReadOnlyList<string> differences = old.Differences(now);
            if (differences.Count > 0)
            {
                throw new DifferentRunException($"The workspace '{FullPath}' holds a run that differs from this one, so it cannot go on: {string.Join("; ", differences)}. "
                    + "Give the same options and data to go on, or another WorkspacePath (or delete the folder) to start anew.");
            }

            newest = _checkpoints.Newest(warn);
            if (newest is not null && old.Doubts(now) is { Count: > 0 } doubts)
                warn($"The run goes on, but its result may differ in the last bits from an uninterrupted one: {string.Join("; ", doubts)}.");
        }
        else
        {
            AtomicFile.Write(file, stream => JsonSerializer.Serialize(stream, now, JsonFormat.Indented));
        }

        // What follows belongs to steps that are done again.
        _metrics = new FileStream(Path.Combine(FullPath, MetricsFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        if (newest is not null && _metrics.Length < newest.State.MetricsBytes)
            warn($"{MetricsFile} is shorter than it was at the last checkpoint; its lines are incomplete.");
        CutMetrics(newest?.State.MetricsBytes ?? 0);
        return newest;
    }

    /// <summary>The run that a folder holds, or null if it holds none.</summary>
    /// <exception cref="InvalidDataException">run.json is damaged.</exception>
    public static RunDescription? ReadDescription(string folder)
    {
        string file = Path.Combine(folder, RunFile);
        if (!File.Exists(file))
            return null;
        try
        {
            RunDescription description = JsonSerializer.Deserialize<RunDescription>(File.ReadAllBytes(file), JsonFormat.Indented) ?? throw new InvalidDataException("it is null");
            _ = description.Given; // can be read
            return description;
        }
        catch (Exception damage) when (damage is JsonException or InvalidDataException or GenotypeFormatException)
        {
            throw new InvalidDataException($"'{file}' is damaged: {damage.Message.TrimEnd('.')}. Delete the workspace to start anew, or restore the file from a backup.", damage);
        }
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
            Directory.CreateDirectory(folder);
            genotype.Save(Path.Combine(folder, $"epoch-{report.Epoch:D4}.json"));
        }

        if (report.EpochEnd)
            _pace.RunIfDue(() => WriteReport(running: true));
    }

    /// <summary>Writes the result and the report of the finished run.</summary>
    public void Finish(RunResult result)
    {
        result.Write(FullPath);
        WriteReport(running: false);
    }

    /// <summary>The newest whole checkpoint; null when there is none.</summary>
    public Checkpoint? Newest(Action<string> warn) => _checkpoints.Newest(warn);

    public void Write(Checkpoint checkpoint)
    {
        _metrics!.Flush(flushToDisk: true);
        _checkpoints.Write(checkpoint);
    }

    /// <summary>Deletes the run; its description goes last, so that a run that is half deleted still counts as one.</summary>
    public void Delete()
    {
        foreach (string folder in ((string[])[CheckpointsFolder, GenotypesFolder]).Select(name => Path.Combine(FullPath, name)).Where(Directory.Exists))
            Directory.Delete(folder, recursive: true);
        foreach (string file in ((string[])[MetricsFile, SupernetFile, RunResult.FileName, RunPredictions.FileName, PcDartsReport.FileName, RunFile]).Select(name => Path.Combine(FullPath, name)))
            File.Delete(file);
    }

    /// <summary>Whether a process is at work on a folder.</summary>
    public static bool IsTaken(string folder)
    {
        string file = Path.Combine(folder, LockFile);
        try
        {
            using var probe = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false; // what a killed process left
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    // A damaged line of an earlier attempt must not end a run that does not need it.
    private void WriteReport(bool running)
    {
        try
        {
            PcDartsReport.Write(FullPath, running);
        }
        catch (InvalidDataException damage)
        {
            _warn!($"{PcDartsReport.FileName} is not up to date: {damage.Message}");
        }
    }

    public void Dispose()
    {
        _metrics?.Dispose();
        _lock.Dispose();
    }
}
