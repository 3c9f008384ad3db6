using System.Runtime.InteropServices;

namespace Microsoft.ML.PcDarts.Platform;

/// <summary>
/// Tells regular files from what must not be opened: a named pipe waits for ever until somebody writes to it, and a device may never end.
/// </summary>
internal static partial class FileType
{
    private const int CurrentFolder = -100;
    private const uint TypeWanted = 1;
    private const int StatxSize = 256;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;
    private const int MissingFile = 2, NotAFolder = 20, TooManyLinks = 40;

    /// <summary>The fault of the file that a path leads to, as the end of a sentence that begins with its name; null for a
    /// regular file that
    /// is not empty.</summary>
    /// <param name="path">A path; links are followed.</param>
    public static string? ProblemOf(string path)
    {
        FileInfo file = new(path);
        if (OperatingSystem.IsLinux() && TryType(path, out string? problem))
            return problem is null ? Empty(file) : problem == Missing ? MissingOrLink(file) : problem;
        // Elsewhere what has no length is not opened either, so that a named pipe is told as empty.
        return Directory.Exists(path) ? "is a folder" : file.Exists ? Empty(file) : MissingOrLink(file);
    }

    /// <summary>Whether a problem is that there is no file.</summary>
    public static bool IsMissing(string problem) => problem == Missing || problem.StartsWith(Link, StringComparison.Ordinal);

    /// <summary>Whether a problem is that of a regular file, which one may list.</summary>
    public static bool IsEmpty(string problem) => problem == NoBytes;

    private const string Missing = "does not exist";
    private const string Link = "is a link to ";
    private const string NoBytes = "is empty (0 bytes)";

    private static string? Empty(FileInfo file) => file is { Exists: true, Length: 0 } ? NoBytes : null;

    private static string MissingOrLink(FileInfo file)
        => file.LinkTarget is { } target ? $"{Link}'{Shown.Name(target)}', which does not exist" : Missing;

    private static unsafe bool TryType(string path, out string? problem)
    {
        byte* result = stackalloc byte[StatxSize];
        problem = null;
        try
        {
            if (Statx(CurrentFolder, path, 0, TypeWanted, result) != 0)
            {
                problem = Missing;
                // Anything else, such as a folder that may not be entered, is told by whoever opens the file.
                return Marshal.GetLastPInvokeError() is MissingFile or NotAFolder or TooManyLinks;
            }
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
        problem = (*(ushort*)(result + ModeOffset) & TypeMask) switch
        {
            0x8000 => null,
            0x4000 => "is a folder",
            0x1000 => "is a named pipe",
            0xC000 => "is a socket",
            0x2000 or 0x6000 => "is a device",
            _ => "is no regular file",
        };
        return true;
    }

    // The one form of stat whose structure is the same on all processors.
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int Statx(int folder, string path, int flags, uint mask, byte* result);
}
