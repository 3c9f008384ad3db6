using Microsoft.ML.PcDarts.Platform;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli.Models;

/// <summary>
/// The folder that a command writes its results to. Files are first written beside their places under temporary names and take them all at
/// the end, so that a run that fails leaves what was there before. What <see cref="Commit"/> returns from outlives a power cut.
/// </summary>
internal sealed class OutputFolder : IDisposable
{
    private readonly List<(string Temporary, string Final)> _files = [];
    private readonly List<string> _folders = [];
    private readonly string? _created;
    private bool _committed;

    /// <summary>Creates the folder if it is missing and proves that it can be written to.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="option">The option that named it, for messages.</param>
    public OutputFolder(string path, string option = "--out")
    {
        FullPath = System.IO.Path.GetFullPath(path);
        UnfinishedFiles.Add(this);
        try
        {
            _created = FirstMissing(FullPath);
            AtomicFile.CreateDirectory(FullPath);
            string probe = Temporary("probe");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Dispose();
            throw new UserException($"The output folder '{FullPath}' cannot be written to ({exception.Message}); "
                + $"choose another one with {option}.");
        }
    }

    public string FullPath { get; }

    public string Path(string name) => System.IO.Path.Combine(FullPath, name);

    /// <summary>Writes one file under a temporary name.</summary>
    public void Write(string name, Action<string> write)
    {
        string temporary = Temporary(name);
        lock (UnfinishedFiles.Guard)
            _files.Add((temporary, Path(name)));
        write(temporary);
    }

    /// <summary>A folder inside that is deleted again when the run fails, unless it was there before.</summary>
    /// <returns>Its path; it may not exist yet.</returns>
    public string Folder(string name)
    {
        string path = Path(name);
        if (!Directory.Exists(path))
            _folders.Add(path);
        return path;
    }

    /// <summary>Moves every file to its place.</summary>
    public void Commit()
    {
        lock (UnfinishedFiles.Guard)
        {
            AtomicFile.Move(_files);
            _files.Clear();
            _committed = true;
        }
    }

    public void Dispose()
    {
        UnfinishedFiles.Remove(this);
        lock (UnfinishedFiles.Guard)
        {
            foreach ((string temporary, _) in _files)
                AtomicFile.TryDelete(temporary);
            _files.Clear();
            if (_committed)
                return;
            foreach (string folder in _folders.Where(Directory.Exists))
                Directory.Delete(folder, recursive: true);
            if (_created is not null && Directory.Exists(_created))
                DeleteEmpty(_created);
        }
    }

    /// <summary>Writes one text file that an option names, and says so.</summary>
    /// <returns>Its full path.</returns>
    public static string WriteFile(Terminal terminal, string option, string path, string text)
    {
        string fullPath = System.IO.Path.GetFullPath(path), name = System.IO.Path.GetFileName(fullPath);
        if (name.Length == 0 || Directory.Exists(fullPath))
            throw new UserException($"{option} '{path}' is a folder; name a file.");
        using OutputFolder folder = new(System.IO.Path.GetDirectoryName(fullPath)!, option);
        folder.Write(name, file => File.WriteAllText(file, text));
        folder.Commit();
        terminal.Print($"Wrote {fullPath}");
        return fullPath;
    }

    private string Temporary(string name) => Path($".{name}.{Environment.ProcessId}.tmp");

    private static string? FirstMissing(string path)
    {
        string? missing = null;
        for (string? folder = path; folder is not null && !Directory.Exists(folder); folder = System.IO.Path.GetDirectoryName(folder))
            missing = folder;
        return missing;
    }

    // Only folders that this run made, and only while nobody put anything into them.
    private static void DeleteEmpty(string folder)
    {
        foreach (string inner in Directory.GetDirectories(folder))
            DeleteEmpty(inner);
        if (!Directory.EnumerateFileSystemEntries(folder).Any())
            Directory.Delete(folder);
    }
}
