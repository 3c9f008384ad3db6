using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Torch;

/// <summary>
/// Operations of a GPU that are recorded once and then launched as one, because launching some thousand of them in every step takes longer
/// than computing them. What is recorded reads and writes the same memory in every launch.
/// </summary>
/// <remarks>
/// TorchSharp does not pass CUDA graphs on. libtorch's own class is reached through the names that compilers of Linux give its functions;
/// where one is missing, nothing is recorded. Exceptions of C++ would end the process, so everything that these functions check is checked
/// here first.
/// </remarks>
internal sealed unsafe class CudaGraph : IRecordedWork
{
    /// <summary>Environment variable: with 0, nothing is recorded.</summary>
    public const string Switch = "PCDARTS_CUDA_GRAPHS";

    private const int ObjectBytes = 4096; // the object takes less than 300
    private static readonly Lazy<Functions?> Library = new(Functions.Find);
    private readonly Functions _functions;
    private nint _object;

    private CudaGraph(Functions functions)
    {
        _functions = functions;
        _object = (nint)NativeMemory.AllocZeroed(ObjectBytes);
        ((delegate* unmanaged<nint, byte, void>)functions.Create)(_object, 0);
    }

    /// <summary>
    /// Whether work of a device can be recorded: on the first GPU that the process sees, on Linux, unless <see cref="Switch"/> forbids it.
    /// </summary>
    public static bool IsSupported(Device device)
        => device is { type: DeviceType.CUDA, index: <= 0 } && OperatingSystem.IsLinux() && Library.Value is not null
            && Environment.GetEnvironmentVariable(Switch) != "0";

    /// <summary>Records what a function gives the device to do; nothing is computed yet.</summary>
    /// <param name="work">Has run before, so that libraries have made their plans. It must not wait for the device.</param>
    /// <param name="failure">What went wrong, if the result is null.</param>
    /// <returns>The graph; null if the work cannot be recorded.</returns>
    public static IRecordedWork? Record(Action work, out Exception? failure)
    {
        Functions functions = Library.Value
            ?? throw new PlatformNotSupportedException("Work of a GPU cannot be recorded here; ask IsSupported first.");
        cuda.synchronize();
        CudaGraph graph = new(functions);
        Stream before = ((delegate* unmanaged<sbyte, Stream>)functions.CurrentStream)(0),
            aside = ((delegate* unmanaged<byte, sbyte, Stream>)functions.StreamFromPool)(0, 0);
        nint stream = ((delegate* unmanaged<Stream*, nint>)functions.StreamHandle)(&aside);
        ((delegate* unmanaged<Stream, void>)functions.SetCurrentStream)(aside); // the default stream cannot be recorded
        try
        {
            const int threadLocal = 1; // cudaStreamCaptureModeThreadLocal: the thread that makes the next batch continues
            ((delegate* unmanaged<nint, ulong, ulong, int, void>)functions.Begin)(graph._object, 0, 0, threadLocal);
            failure = null;
            try
            {
                work();
            }
            catch (ExternalException exception)
            {
                failure = exception;
            }

            if (failure is null && CudaDriver.IsRecording(stream))
            {
                ((delegate* unmanaged<nint, void>)functions.End)(graph._object);
                return graph;
            }

            // libtorch's object cannot be ended now and stays behind.
            CudaDriver.EndRecording(stream);
            failure ??= new InvalidOperationException("The recording was broken off by an operation that waits for the GPU.");
            return null;
        }
        finally
        {
            ((delegate* unmanaged<Stream, void>)functions.SetCurrentStream)(before);
        }
    }

    /// <inheritdoc/>
    public void Launch() => ((delegate* unmanaged<nint, void>)_functions.Replay)(_object);

    public void Dispose()
    {
        if (_object == 0)
            return;
        cuda.synchronize();
        ((delegate* unmanaged<nint, void>)_functions.Destroy)(_object);
        NativeMemory.Free((void*)_object);
        _object = 0;
    }

    /// <summary>c10::cuda::CUDAStream: device and number.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Stream
    {
        private readonly long _device;
        private readonly long _number;
    }

    /// <summary>Entry points of libtorch.</summary>
    private sealed record Functions(nint Create, nint Destroy, nint Begin, nint End, nint Replay, nint CurrentStream, nint StreamFromPool,
        nint SetCurrentStream, nint StreamHandle)
    {
        public static Functions? Find()
        {
            if (!NativeLibrary.TryLoad("libtorch_cuda.so", out nint torch) || !NativeLibrary.TryLoad("libc10_cuda.so", out nint core))
                return null;
            nint[] entries =
            [
                Entry(torch, "_ZN2at4cuda9CUDAGraphC1Eb"), Entry(torch, "_ZN2at4cuda9CUDAGraphD1Ev"),
                Entry(torch, "_ZN2at4cuda9CUDAGraph13capture_beginESt4pairIyyE21cudaStreamCaptureMode"),
                Entry(torch, "_ZN2at4cuda9CUDAGraph11capture_endEv"),
                Entry(torch, "_ZN2at4cuda9CUDAGraph6replayEv"), Entry(core, "_ZN3c104cuda20getCurrentCUDAStreamEa"),
                Entry(core, "_ZN3c104cuda17getStreamFromPoolEba"),
                Entry(core, "_ZN3c104cuda20setCurrentCUDAStreamENS0_10CUDAStreamE"), Entry(core, "_ZNK3c104cuda10CUDAStream6streamEv"),
            ];
            return entries.Contains(0)
                ? null
                : new Functions(entries[0], entries[1], entries[2], entries[3], entries[4], entries[5], entries[6], entries[7], entries[8]);

            static nint Entry(nint library, string name) => NativeLibrary.TryGetExport(library, name, out nint entry) ? entry : 0;
        }
    }
}
