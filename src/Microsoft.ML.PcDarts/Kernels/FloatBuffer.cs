using System.Runtime.InteropServices;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Memory: floats outside the garbage collector's heap, not cleared, aligned to a cache line.</summary>
/// <remarks>
/// Hundreds of megabytes are free at once when a network is disposed. Large buffers lie on huge pages where Linux gives them.
/// </remarks>
internal sealed unsafe partial class FloatBuffer : IDisposable
{
    private const int CacheLine = 64;
    private const int HugePage = 2 << 20;

    /// <exception cref="OutOfMemoryException">The system does not have that much memory.</exception>
    public FloatBuffer(long floats)
    {
        Length = floats;
        nuint bytes = (nuint)(checked(floats * sizeof(float)) + CacheLine - 1) / CacheLine * CacheLine;
        bool huge = bytes >= 2 * HugePage && OperatingSystem.IsLinux();
        Pointer = (float*)NativeMemory.AlignedAlloc(bytes, huge ? HugePage : (nuint)CacheLine);
        if (huge)
            _ = Advise(Pointer, bytes, 14); // MADV_HUGEPAGE of sys/mman.h; a refusal costs time, not correctness
    }

    ~FloatBuffer() => Free();

    /// <summary>The first float; valid until this object is disposed or collected.</summary>
    public float* Pointer { get; private set; }

    public long Length { get; }

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
