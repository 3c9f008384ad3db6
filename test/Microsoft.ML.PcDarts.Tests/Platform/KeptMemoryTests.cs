using Microsoft.ML.PcDarts.Platform;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Platform;

// By itself: it reads the memory of the process, and others keep memory while they train.
[CollectionDefinition(nameof(KeptMemoryTests), DisableParallelization = true)]
[Collection(nameof(KeptMemoryTests))]
public sealed class KeptMemoryTests
{
    private const long Megabyte = 1 << 20, Blocks = 128;

    [SkippableFact]
    public void Dispose_FreedTensors_AreKeptUntilTheLastOneAndThenGivenBack()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("MALLOC_TRIM_THRESHOLD_") is null
            && Environment.GetEnvironmentVariable("MALLOC_MMAP_THRESHOLD_") is null,
            "The memory of tensors is set up with glibc, where the user has not done so.");
        FreeMemory.ReturnUnused();
        long before = ResidentBytes();
        var outer = new KeptMemory();
        var inner = new KeptMemory();
        Allocate();
        inner.Dispose();
        inner.Dispose(); // counts once
        long kept = ResidentBytes();
        outer.Dispose();
        long after = ResidentBytes();

        Assert.True(kept - before > 0.9 * Blocks * Megabyte, $"{before:N0} bytes, then {kept:N0}");
        Assert.True(after - before < 0.25 * Blocks * Megabyte, $"{before:N0} bytes, then {after:N0}");
    }

    private static void Allocate()
    {
        using DisposeScope scope = NewDisposeScope();
        for (int block = 0; block < Blocks; block++)
            ones(Megabyte, ScalarType.Byte);
    }

    private static long ResidentBytes()
        => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1],
            System.Globalization.CultureInfo.InvariantCulture) * Environment.SystemPageSize;
}
