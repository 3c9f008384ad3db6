using System.Globalization;

namespace Microsoft.ML.PcDarts;

/// <summary>How much memory can still be used.</summary>
internal static class FreeMemory
{
    private const string MemoryInfo = "/proc/meminfo";
    private const string Available = "MemAvailable:";

    /// <summary>
    /// Bytes free for this process: what the runtime may use (a container's limit included), less what the process holds, and on Linux no more than
    /// what the system reports as available.
    /// </summary>
    public static long Bytes()
    {
        long free = Math.Max(0, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Environment.WorkingSet);
        if (File.Exists(MemoryInfo)
            && File.ReadLines(MemoryInfo).FirstOrDefault(line => line.StartsWith(Available, StringComparison.Ordinal)) is { } line
            && long.TryParse(line.AsSpan(Available.Length).Trim().TrimEnd("kB "), NumberStyles.None, CultureInfo.InvariantCulture, out long kilobytes))
            free = Math.Min(free, kilobytes * 1024);
        return free;
    }
}
