namespace Microsoft.ML.PcDarts.Platform;

/// <summary>The processor cores of the machine.</summary>
internal static class Processor
{
    private const string Folder = "/sys/devices/system/cpu";

    /// <summary>Physical cores, never more than the processors this process may use; all of these where the system does not tell.</summary>
    public static int PhysicalCores()
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists(Folder))
            return Environment.ProcessorCount;
        // One file content per physical core: hyper-threads of a core name the same siblings.
        int cores = Directory.EnumerateDirectories(Folder, "cpu*")
            .Select(cpu => Path.Combine(cpu, "topology", "thread_siblings_list"))
            .Where(File.Exists)
            .Select(File.ReadAllText)
            .Distinct(StringComparer.Ordinal)
            .Count();
        return cores == 0 ? Environment.ProcessorCount : Math.Min(cores, Environment.ProcessorCount);
    }
}
