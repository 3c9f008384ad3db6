using System.Runtime.InteropServices;

namespace Microsoft.ML.PcDarts.Platform;

/// <summary>
/// Makes glibc keep the memory of freed tensors for the next step, unless the user set its variables; when the last one is disposed of,
/// all free memory goes back to the system. By default glibc gives such blocks back at once, and every
/// step pays a page fault for each 4 KiB of them: training steps took 4 to 7 % longer.
/// </summary>
internal sealed partial class KeptMemory : IDisposable
{
    private const int TrimThreshold = -1, MmapThreshold = -3, MostMmaps = -4; // malloc.h

    /// <summary>The largest that glibc takes, and what its own rule comes to in a process that has freed a large block.</summary>
    private const int LargestMmapThreshold = 32 << 20;

    private static readonly Lock Gate = new();
    private static int _users;
    private bool _disposed;

    public KeptMemory()
    {
        lock (Gate)
        {
            if (_users++ > 0 || !IsOurs)
                return;

            // A refusal costs time, not correctness.
            _ = SetAllocator(MmapThreshold, LargestMmapThreshold);
            _ = SetAllocator(TrimThreshold, -1); // never
            _ = SetAllocator(MostMmaps, 0); // else tensors above that size would still be fresh memory in every step
        }
    }

    public void Dispose()
    {
        lock (Gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            if (--_users > 0 || !IsOurs)
                return;

            // glibc's own values: its rule is twice the mmap threshold, and 65,536 blocks.
            _ = SetAllocator(TrimThreshold, 2 * LargestMmapThreshold);
            _ = SetAllocator(MostMmaps, 1 << 16);
            FreeMemory.ReturnUnused();
        }
    }

    private static bool IsOurs => OperatingSystem.IsLinux()
        && Environment.GetEnvironmentVariable("MALLOC_TRIM_THRESHOLD_") is null
        && Environment.GetEnvironmentVariable("MALLOC_MMAP_THRESHOLD_") is null;

    [LibraryImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetAllocator(int option, int value);
}
