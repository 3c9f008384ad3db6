using System.Text.Json;

namespace Microsoft.ML.PcDarts;

internal sealed partial class Workspace
{
    private const string LockFile = ".lock";

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
            if (description.Data?.Sha256 is not { Length: DataDescription.HashLength } || description.ValidationData is { Sha256: not { Length: DataDescription.HashLength } })
                throw new InvalidDataException("the hash of its pictures is incomplete");
            return description;
        }
        catch (Exception damage) when (damage is JsonException or InvalidDataException or GenotypeFormatException)
        {
            throw new InvalidDataException($"'{file}' is damaged: {damage.Message.TrimEnd('.')}. Delete the workspace to start anew, or restore the file from a backup.", damage);
        }
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
