using System.Runtime.InteropServices;

namespace Microsoft.ML.PcDarts.Platform;

/// <summary>
/// The operations that durable files rest on. Tests put a disk in its place that fails, or that forgets what was not synced.
/// </summary>
internal partial class Disk
{
    private static readonly Disk Real = new();
    private static readonly AsyncLocal<Disk?> Replacement = new();

    /// <summary>The machine's disk, or what a test has put in its place for what it awaits.</summary>
    public static Disk Current
    {
        get => Replacement.Value ?? Real;
        set => Replacement.Value = value;
    }

    /// <summary>Creates a file, or empties the one that is there.</summary>
    public virtual Stream Create(string path) => new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);

    /// <summary>Opens a file that is read and written in place, and creates it if it is missing.</summary>
    public virtual Stream Open(string path) => new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);

    /// <summary>Opens a file to read it.</summary>
    public virtual Stream OpenRead(string path) => File.OpenRead(path);

    /// <summary>Waits until the content of a file that <see cref="Create"/> or <see cref="Open"/> gave is on the disk.</summary>
    public virtual void Sync(Stream file) => ((FileStream)file).Flush(flushToDisk: true);

    /// <summary>Waits until the content of a file that another has written is on the disk.</summary>
    public virtual void Sync(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Gives a file another name, which takes the place of a file of that name.</summary>
    public virtual void Move(string from, string to) => File.Move(from, to, overwrite: true);

    /// <summary>Deletes a file, if it is there.</summary>
    public virtual void Delete(string path) => File.Delete(path);

    /// <summary>Creates a folder in one that is there.</summary>
    public virtual void CreateDirectory(string path) => Directory.CreateDirectory(path);

    /// <summary>
    /// Waits until the names in a folder are on the disk: files that were created, renamed or deleted. Windows has no such call; NTFS keeps
    /// names in its own journal.
    /// </summary>
    /// <exception cref="IOException">The disk reports an error.</exception>
    public virtual void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        int folder = OpenFolder(path, CloseOnExec);
        if (folder < 0)
        {
            ThrowUnlessUnsupported(path);
            return;
        }

        try
        {
            while (Fsync(folder) != 0)
            {
                if (Marshal.GetLastPInvokeError() == Interrupted)
                    continue;
                ThrowUnlessUnsupported(path);
                return;
            }
        }
        finally
        {
            _ = Close(folder);
        }
    }

    // errno.h and fcntl.h; the numbers of errors are those of Linux, macOS and the BSDs.
    private const int Interrupted = 4, PermissionDenied = 13, InvalidArgument = 22;

    private static int CloseOnExec => OperatingSystem.IsLinux() ? 0x80000 : OperatingSystem.IsMacOS() ? 0x1000000 : 0;

    /// <summary>
    /// A folder that may be written to and not listed cannot be opened, and some network file systems sync no folders: then names are as
    /// durable as the system makes them.
    /// </summary>
    private static void ThrowUnlessUnsupported(string path)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error is not (PermissionDenied or InvalidArgument))
            throw new IOException($"The folder '{path}' cannot be synced to the disk: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
