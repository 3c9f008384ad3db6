using System.Globalization;
using System.Runtime.InteropServices;

namespace Microsoft.ML.PcDarts.Platform;

/// <summary>How much memory can still be used.</summary>
internal static partial class FreeMemory
{
    private const string MemoryInfo = "/proc/meminfo";
    private const string Available = "MemAvailable:";

    /// <summary>
    /// Bytes free for this process: what the runtime may use (a container's limit included), less what the process holds, and on
    /// Linux no more than
    /// what the system reports as available.
    /// </summary>
    public static long Bytes()
        => Math.Min(Math.Max(0, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Environment.WorkingSet), SystemBytes());

    /// <summary>
    /// Bytes that this process can still take outside of the managed heap: on Linux what the system reports as available, and what
    /// control groups, such as those of containers, leave of their limits;
    /// elsewhere what the runtime saw free at its last collection. <see cref="long.MaxValue"/> where nothing is known.
    /// </summary>
    public static long NativeBytes()
    {
        if (OperatingSystem.IsLinux())
            return Math.Min(SystemBytes(), ControlGroup.FreeBytes());
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        return memory.Index > 0 ? Math.Max(0, memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes) : long.MaxValue;
    }

    /// <summary>Gives the system what was freed and is kept for later allocations; during training glibc keeps all of it.</summary>
    public static void ReturnUnused()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library, which keeps nothing.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Trim(nuint keep);

    private static long SystemBytes()
        => File.Exists(MemoryInfo)
            && File.ReadLines(MemoryInfo).FirstOrDefault(line => line.StartsWith(Available, StringComparison.Ordinal)) is { } line
            && long.TryParse(line.AsSpan(Available.Length).Trim().TrimEnd("kB "), NumberStyles.None, CultureInfo.InvariantCulture,
                out long kilobytes)
            ? kilobytes * 1024
            : long.MaxValue;
}
