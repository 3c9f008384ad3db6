using System.Runtime.InteropServices;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Memory for kernels, not cleared, at the start of a cache line; large blocks lie on huge pages where Linux gives them.</summary>
/// <remarks>Not from the garbage collector, so that hundreds of megabytes are free at once when a network is disposed.</remarks>
internal sealed unsafe partial class FloatBlock : IDisposable
{
    private const int CacheLine = 64;
    private const int HugePage = 2 << 20;

    /// <exception cref="OutOfMemoryException">The system has not that much memory.</exception>
    internal FloatBlock(long floats)
    {
        Length = floats;
        nuint bytes = (nuint)(checked(floats * sizeof(float)) + CacheLine - 1) / CacheLine * CacheLine;
        bool huge = bytes >= 2 * HugePage && OperatingSystem.IsLinux();
        Pointer = (float*)NativeMemory.AlignedAlloc(bytes, huge ? HugePage : (nuint)CacheLine);
        if (huge)
            _ = Advise(Pointer, bytes, 14); // MADV_HUGEPAGE of sys/mman.h; a refusal costs time, not correctness
    }

    ~FloatBlock() => Free();

    /// <summary>The first float; valid until this object is disposed or collected.</summary>
    internal float* Pointer { get; private set; }

    internal long Length { get; }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(void* start, nuint bytes, int advice);
}
