using System.Runtime.InteropServices;

namespace Microsoft.ML.PcDarts.Torch;

/// <summary>Facts about a GPU that TorchSharp does not offer, from the NVIDIA driver, whose C interface (cuda.h) is stable.</summary>
internal static unsafe class CudaDriver
{
    private static readonly Lazy<nint> Driver = new(() =>
        NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out nint driver) ? driver : 0);

    /// <summary>Major compute capability; null where there is no driver or it does not tell.</summary>
    /// <param name="device">CUDA device number.</param>
    public static int? ComputeCapabilityMajor(int device)
    {
        const int computeCapabilityMajor = 75; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
        int value;
        return Entry("cuDeviceGetAttribute") is var entry and not 0
            && ((delegate* unmanaged<int*, int, int, int>)entry)(&value, computeCapabilityMajor, device) == 0 ? value : null;
    }

    /// <summary>
    /// Bytes of a GPU's memory that are taken, by all processes. libtorch keeps what it has once taken, so after the steps of a training
    /// this is the most it needed. Null where there is no driver or it does not tell.
    /// </summary>
    /// <param name="device">CUDA device number.</param>
    public static long? MemoryInUse(int device)
    {
        nint context;
        if (Entry("cuDevicePrimaryCtxRetain") is not (var retain and not 0)
            || Entry("cuDevicePrimaryCtxRelease_v2") is not (var release and not 0)
            || Entry("cuCtxPushCurrent_v2") is not (var push and not 0)
            || Entry("cuCtxPopCurrent_v2") is not (var pop and not 0)
            || Entry("cuMemGetInfo_v2") is not (var info and not 0)
            || ((delegate* unmanaged<nint*, int, int>)retain)(&context, device) != 0)
        {
            return null;
        }

        try
        {
            nuint free, total;
            if (((delegate* unmanaged<nint, int>)push)(context) != 0)
                return null;
            int status = ((delegate* unmanaged<nuint*, nuint*, int>)info)(&free, &total);
            return ((delegate* unmanaged<nint*, int>)pop)(&context) == 0 && status == 0 ? (long)(total - free) : null;
        }
        finally
        {
            _ = ((delegate* unmanaged<int, int>)release)(device); // a count that was raised above
        }
    }

    /// <summary>Whether the work of a stream is being recorded, and the recording is not broken.</summary>
    public static bool IsRecording(nint stream)
    {
        const int active = 1; // CU_STREAM_CAPTURE_STATUS_ACTIVE
        int status;
        return Entry("cuStreamIsCapturing") is var entry and not 0 && ((delegate* unmanaged<nint, int*, int>)entry)(stream, &status) == 0
            && status == active;
    }

    /// <summary>Ends a recording whose result is not wanted.</summary>
    public static void EndRecording(nint stream)
    {
        nint graph = 0;
        if (Entry("cuStreamEndCapture") is var end and not 0
            && ((delegate* unmanaged<nint, nint*, int>)end)(stream, &graph) == 0 && graph != 0
            && Entry("cuGraphDestroy") is var destroy and not 0)
        {
            _ = ((delegate* unmanaged<nint, int>)destroy)(graph);
        }
    }

    private static nint Entry(string name)
        => Driver.Value != 0 && NativeLibrary.TryGetExport(Driver.Value, name, out nint entry) ? entry : 0;
}
