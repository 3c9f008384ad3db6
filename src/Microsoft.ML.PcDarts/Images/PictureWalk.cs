using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>Finds the picture files below a folder. Each folder is entered once, whatever links lead to it.</summary>
/// <param name="leftOut">Counts what is no picture.</param>
internal sealed class PictureWalk(SkippedFiles leftOut)
{
    // Of Synology, QNAP, Windows, ext4, macOS archives; those of macOS, Linux desktops, Git and Jupyter begin with a dot.
    private static readonly string[] SystemFolders =
    [
        "@eaDir", "#recycle", "#snapshot", "@Recycle", "@Recently-Snapshot", "@tmp", "$RECYCLE.BIN", "RECYCLER",
        "System Volume Information", "lost+found", "__MACOSX",
        "Network Trash Folder", "Temporary Items", "__pycache__",
    ];

    private readonly HashSet<string> _seen = [];

    /// <summary>The pictures of a folder and those below it, in ordinal order.</summary>
    /// <param name="folder">The folder; entered even where it was before.</param>
    /// <param name="group">Under which name files of other kinds are counted.</param>
    public IReadOnlyList<string> Collect(string folder, string group)
    {
        List<string> found = [];
        Collect(folder, RealPath(folder), group, found);
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    /// <summary>The entries of a folder that are neither hidden nor the system's own, and have names that can be used. Sorted, so
    /// that of two ways to one
    /// folder the same is taken everywhere.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="unusable">Is given each entry whose name is not UTF-8.</param>
    public IEnumerable<FileSystemInfo> Entries(string folder, Action<FileSystemInfo> unusable)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(folder).GetFileSystemInfos()
            .OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            // .NET shows bytes that are not UTF-8 as U+FFFD, and then finds no such file.
            if (entry.Name.Contains('\uFFFD', StringComparison.Ordinal) && !entry.Exists && entry.LinkTarget is null)
                unusable(entry);
            else if (entry.Name.StartsWith('.') || entry.Attributes.HasFlag(FileAttributes.Hidden) && entry.Exists
                || entry is DirectoryInfo && SystemFolders.Contains(entry.Name, StringComparer.OrdinalIgnoreCase))
                leftOut.Hidden++;
            else
                yield return entry;
        }
    }

    private void Collect(string folder, string real, string group, List<string> found)
    {
        if (!_seen.Add(real))
        {
            leftOut.RepeatedLinks++;
            return;
        }
        foreach (FileSystemInfo entry in Entries(folder, entry => leftOut.UnreadableName(entry.FullName)))
        {
            if (entry is DirectoryInfo)
                CollectBelow(entry, real, group, found);
            else
                Add(entry, group, found);
        }
    }

    private void CollectBelow(FileSystemInfo folder, string real, string group, List<string> found)
    {
        if (folder.LinkTarget is null)
        {
            Collect(folder.FullName, Path.Combine(real, folder.Name), group, found);
            return;
        }
        // A link to a folder around it would bring in the neighbors: the other classes, where this is the folder of one.
        string target = RealPath(folder.FullName);
        if (Path.EndsInDirectorySeparator(target)
            || (real + Path.DirectorySeparatorChar).StartsWith(target + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            leftOut.RepeatedLinks++;
        else
            Collect(folder.FullName, target, group, found);
    }

    private void Add(FileSystemInfo file, string group, List<string> found)
    {
        string? problem = file is { LinkTarget: null, Attributes: FileAttributes.Normal } && file is FileInfo { Length: > 0 }
            ? null
            : FileType.ProblemOf(file.FullName);
        bool isPicture = PictureFile.HasPictureExtension(file.Name);
        if (problem is not null && !FileType.IsMissing(problem) && !FileType.IsEmpty(problem))
            leftOut.Special(file.FullName, problem);
        else if (isPicture)
            found.Add(file.FullName);
        else if (problem is not null && FileType.IsMissing(problem))
            leftOut.DeadLink(file.FullName);
        else
            leftOut.Other(group, file.Name);
    }

    // Resolves the links of every part, because the target of a link is given as it was written.
    private static string RealPath(string path)
    {
        string root = Path.GetPathRoot(path)!;
        string real = root;
        foreach (string part in path[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            if (Directory.ResolveLinkTarget(real, returnFinalTarget: true) is { } target)
                real = RealPath(target.FullName);
        }
        return real;
    }
}
