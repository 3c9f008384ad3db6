using System.Text;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Runs;

/// <summary>The warnings of a run in its workspace: a text file, a line each, of all attempts together.</summary>
internal static class RunWarnings
{
    public const string FileName = "warnings.txt";

    /// <summary>Bytes that are read of the file at the most, from its end.</summary>
    private const int LargestBytes = 1 << 20;

    public static void Add(string workspace, string message)
    {
        string line = new([.. message.Select(letter => char.IsControl(letter) ? ' ' : letter), '\n']);
        string path = Path.Combine(workspace, FileName);
        bool isNew = !File.Exists(path);
        Disk disk = Disk.Current;
        using Stream file = disk.Open(path);
        file.Seek(0, SeekOrigin.End);
        file.Write(Encoding.UTF8.GetBytes(line));
        disk.Sync(file);
        if (isNew)
            disk.SyncDirectory(workspace);
    }

    /// <summary>The warnings in the order in which they first came, each once; none where there is no file. Any bytes are text, so
    /// nothing in the file can be damaged beyond a line.</summary>
    public static IReadOnlyList<string> Read(string workspace)
    {
        string path = Path.Combine(workspace, FileName);
        if (!File.Exists(path))
            return [];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(-Math.Min(file.Length, LargestBytes), SeekOrigin.End);
        using var reader = new StreamReader(file, Encoding.UTF8);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct()];
    }
}
