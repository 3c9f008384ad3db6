using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>
/// A limit for the memory of one process: a control group where this program may make one, else a limit of the garbage collector's heap
/// alone.
/// </summary>
internal sealed class MemoryCage : IDisposable
{
    private const string Root = "/sys/fs/cgroup";
    private readonly long _bytes;
    private readonly string? _group;
    private readonly string _peakFile = "";

    public MemoryCage(long bytes)
    {
        _bytes = bytes;
        // The first is version 2, the second version 1.
        foreach ((string parent, string limit, string peak) in new[] { (Root, "memory.max", "memory.peak"), ($"{Root}/memory",
            "memory.limit_in_bytes", "memory.max_usage_in_bytes") })
        {
            string group = Path.Combine(parent, $"pcdarts-{Environment.ProcessId}");
            try
            {
                Directory.CreateDirectory(group);
                if (File.Exists(Path.Combine(group, limit)))
                {
                    File.WriteAllText(Path.Combine(group, limit), bytes.ToString(CultureInfo.InvariantCulture));
                    (_group, _peakFile) = (group, Path.Combine(group, peak));
                    return;
                }
                Directory.Delete(group);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Console.WriteLine($"No control group in {parent}: {exception.Message}");
            }
        }
    }

    /// <summary>The mechanism that limits the memory.</summary>
    public string Kind => _group is null ? "DOTNET_GCHeapHardLimit" : "control group";

    /// <summary>The most memory so far, files that the system keeps for the process included; null where it is not known.</summary>
    public double? PeakMegabytes
        => _group is null || !File.Exists(_peakFile) ? null : double.Parse(File.ReadAllText(_peakFile), CultureInfo.InvariantCulture) / 1e6;

    /// <summary>Starts a process inside.</summary>
    public ProcessStartInfo Enclose(ProcessStartInfo start)
    {
        if (_group is not null)
            return new ProcessStartInfo("sh", ["-c", $"echo $$ > {_group}/cgroup.procs && exec \"$@\"", "sh", start.FileName,
                .. start.ArgumentList])
            { RedirectStandardOutput = start.RedirectStandardOutput };
        start.Environment["DOTNET_GCHeapHardLimit"] = (_bytes * 3 / 4).ToString("x", CultureInfo.InvariantCulture);
        return start;
    }

    public void Dispose()
    {
        if (_group is null)
            return;
        try
        {
            Directory.Delete(_group);
        }
        catch (IOException exception)
        {
            Console.WriteLine($"{_group} is left: {exception.Message}");
        }
    }
}
