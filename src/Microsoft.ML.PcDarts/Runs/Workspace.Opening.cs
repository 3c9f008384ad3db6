using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Runs;

internal sealed partial class Workspace
{
    private const string LockFile = ".lock";

    /// <summary>Creates the folder if it is missing, and takes it for this process.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="report">Writes the report of the run in a folder, while the run is under way or at its end, and returns its path; null
    /// for none.</param>
    /// <exception cref="IOException">The folder cannot be written to, or another process has it.</exception>
    public static Workspace Open(string path, Func<string, bool, string>? report = null)
    {
        string full = Path.GetFullPath(path);
        try
        {
            AtomicFile.CreateDirectory(full);
            FileStream fileLock = Take(Path.Combine(full, LockFile));
            try
            {
                foreach (string remains in Remains(full))
                    Disk.Current.Delete(remains);
            }
            catch
            {
                fileLock.Dispose();
                throw;
            }

            return new Workspace(full, fileLock, report);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new IOException(
                $"WorkspacePath '{path}' cannot be written to, or another process uses it: {error.Message} Name a folder that this "
                    + $"process may create files in, one for each run.",
                error);
        }
    }

    /// <summary>Files that only a process that died leaves: they never got their names.</summary>
    private static IEnumerable<string> Remains(string folder)
    {
        string[] own = [RunFile, ModelFile, OnnxFile, SupernetFile, RunResult.FileName, RunPredictions.FileName, PageFile];
        return
        [
            .. Directory.EnumerateFiles(folder, "pixels-*" + AtomicFile.TemporaryEnding),
            .. own.Select(name => Path.Combine(folder, name + AtomicFile.TemporaryEnding)).Where(File.Exists),
            .. ((string[])[CheckpointsFolder, GenotypesFolder]).Select(name => Path.Combine(folder, name)).Where(Directory.Exists)
                .SelectMany(inner => Directory.EnumerateFiles(inner, "*" + AtomicFile.TemporaryEnding)),
        ];
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

    /// <summary>The run that a folder holds, or null if it holds none.</summary>
    /// <exception cref="InvalidDataException">run.json is damaged, or of another version of its format.</exception>
    public static RunDescription? ReadDescription(string folder)
    {
        (RunDescription Content, string Sha256)? read = ReportFile.Read<RunDescription>(Path.Combine(folder, RunFile), RecordChecks.Check,
            "Restore the file from a backup, or delete the workspace to start again.", RunDescription.CurrentVersion);
        return read is { } found ? found.Content with { Sha256 = found.Sha256 } : null;
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
}
