namespace Microsoft.ML.PcDarts.Platform;

/// <summary>
/// Writes files so that their names always hold either the old content or all of the new, and that what was written outlives a power cut.
/// </summary>
internal static class AtomicFile
{
    /// <summary>Ends the names of files that are being written.</summary>
    public const string TemporaryEnding = ".tmp";

    /// <summary>
    /// Writes to <c>path.tmp</c>, syncs that, renames it and syncs the folder. If writing fails, the temporary file is deleted and the old
    /// file stays.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the content.</param>
    public static void Write(string path, Action<Stream> write)
    {
        Disk disk = Disk.Current;
        string temporary = path + TemporaryEnding;
        try
        {
            using (Stream file = disk.Create(temporary))
            {
                write(file);
                disk.Sync(file);
            }

            disk.Move(temporary, path);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }

        disk.SyncDirectory(FolderOf(path));
    }

    /// <summary>Lets files take their names that were written under others: all are synced first, and their folders after.</summary>
    /// <param name="files">Where each file is and where it belongs, in the same file system.</param>
    public static void Move(IReadOnlyCollection<(string Temporary, string Final)> files)
    {
        Disk disk = Disk.Current;
        foreach ((string temporary, _) in files)
            disk.Sync(temporary);
        foreach ((string temporary, string final) in files)
            disk.Move(temporary, final);
        foreach (string folder in files.Select(file => FolderOf(file.Final)).Distinct(StringComparer.Ordinal))
            disk.SyncDirectory(folder);
    }

    /// <summary>
    /// Creates a folder and those above it that are missing, each synced in the one above. The folder's own name is synced even if it is
    /// there, since who created it may have died.
    /// </summary>
    public static void CreateDirectory(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string? parent = Path.GetDirectoryName(full);
        if (parent is null)
            return;
        if (!Directory.Exists(full))
        {
            if (!Directory.Exists(parent))
                CreateDirectory(parent);
            Disk.Current.CreateDirectory(full);
        }

        Disk.Current.SyncDirectory(parent);
    }

    /// <summary>
    /// Deletes a file after something has failed: what failed is the error to tell, not that its remains cannot be deleted.
    /// </summary>
    public static void TryDelete(string path)
    {
        try
        {
            Disk.Current.Delete(path);
        }
        catch (Exception leftover) when (leftover is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;
}
