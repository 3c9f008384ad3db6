using System.Globalization;

namespace Microsoft.ML.PcDarts.Platform;

/// <summary>The memory limits that Linux sets a process, as containers and services have them.</summary>
internal static class ControlGroup
{
    private const string Membership = "/proc/self/cgroup";
    private const string Root = "/sys/fs/cgroup";

    /// <summary>Bytes that this process may still take; <see cref="long.MaxValue"/> without a limit.</summary>
    public static long FreeBytes() => File.Exists(Membership) ? FreeBytes(File.ReadAllLines(Membership), Root) : long.MaxValue;

    /// <summary>Bytes that a process may still take.</summary>
    /// <param name="membership">Lines of its <c>/proc/PID/cgroup</c>: number, controllers and path, parted by colons.</param>
    /// <param name="root">Where the groups are mounted.</param>
    public static long FreeBytes(IEnumerable<string> membership, string root)
    {
        long free = long.MaxValue;
        foreach (string[] group in membership.Select(line => line.Split(':', 3)).Where(parts => parts.Length == 3))
        {
            if (group[1].Length == 0)
                free = Math.Min(free, Least(root, group[2], "memory.max", "memory.current", "inactive_file ", "active_file "));
            else if (group[1].Split(',').Contains("memory"))
                free = Math.Min(free, Least(Path.Combine(root, "memory"), group[2], "memory.limit_in_bytes", "memory.usage_in_bytes",
                    "total_inactive_file ", "total_active_file "));
        }
        return free;
    }

    // A limit of a group above holds as well. In a container the path may be that of the host, and the mount begins at the group itself.
    private static long Least(string root, string path, string limit, string usage, params string[] caches)
    {
        long free = long.MaxValue;
        for (string? at = path; at is not null; at = at.Length > 1 ? Path.GetDirectoryName(at) : null)
        {
            string folder = Path.Join(root, at);
            if (Number(Path.Combine(folder, limit)) is { } most && Number(Path.Combine(folder, usage)) is { } used)
                free = Math.Min(free, Math.Max(0, most - used + Reclaimable(Path.Combine(folder, "memory.stat"), caches)));
        }
        return free;
    }

    // Cached files are given up before the limit is reached.
    private static long Reclaimable(string file, string[] names)
    {
        if (!File.Exists(file))
            return 0;
        long sum = 0;
        foreach (string line in File.ReadLines(file))
        {
            foreach (string name in names)
            {
                if (line.StartsWith(name, StringComparison.Ordinal)
                    && long.TryParse(line.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long bytes))
                    sum += bytes;
            }
        }
        return sum;
    }

    // "max" is no number.
    private static long? Number(string file)
        => File.Exists(file) && long.TryParse(File.ReadAllText(file).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture,
            out long value) ? value : null;
}
