using Microsoft.ML.PcDarts.Platform;
using TorchSharp;

namespace Microsoft.ML.PcDarts.Torch;

/// <summary>Everything that concerns the process around TorchSharp: loading the native libraries, the device, the threads.</summary>
internal static partial class TorchRuntime
{
    /// <summary>
    /// Environment variable: the <c>torch/lib</c> folder of an installed PyTorch whose libtorch is used instead of a package's.
    /// </summary>
    public const string TorchLibVariable = "PCDARTS_TORCH_LIB";

    private static readonly Lock Gate = new();
    private static bool _loaded;

    /// <summary>Loads the native libraries; call it before the first use of TorchSharp. Later calls cost nothing.</summary>
    /// <exception cref="TorchLibraryException">A library is missing or cannot be loaded.</exception>
    public static void EnsureLoaded()
    {
        lock (Gate)
        {
            if (_loaded)
                return;
            if (!Environment.Is64BitProcess)
                throw new TorchLibraryException("libtorch exists for 64-bit processes only; run the application as x64 or arm64.");
            SetOpenMpWaitPolicy();
            string? installed = Environment.GetEnvironmentVariable(TorchLibVariable);
            if (string.IsNullOrWhiteSpace(installed))
                LoadFromApplication("torch_cpu");
            else
                PreloadFrom(installed);
            LoadFromApplication("LibTorchSharp");
            InitializeTorchSharp();
            AvoidOneDnnWithoutCaches();
            _loaded = true;
        }
    }

    /// <summary>
    /// Loads libtorch from a PyTorch installation instead of the application's folder, in the order its parts depend on each other.
    /// </summary>
    /// <param name="torchLibFolder">The <c>torch/lib</c> folder; its CUDA libraries are loaded when they are there.</param>
    /// <exception cref="TorchLibraryException">The folder or one of its libraries is missing or cannot be loaded.</exception>
    public static void PreloadFrom(string torchLibFolder)
    {
        string folder = Path.GetFullPath(torchLibFolder);
        if (!Directory.Exists(folder))
            throw new TorchLibraryException($"{TorchLibVariable} names the folder '{folder}', which does not exist; "
                + "it must be the torch/lib folder of an installed PyTorch.");
        foreach (string name in (string[])["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"])
        {
            string file = Path.Combine(folder, FileName(name));
            if (File.Exists(file))
                LoadFile(file);
            else if (!name.EndsWith("_cuda", StringComparison.Ordinal))
                throw new TorchLibraryException($"'{file}' does not exist; {TorchLibVariable} must name the torch/lib folder of an "
                    + "installed PyTorch.");
        }
    }

    /// <summary>The device to train on.</summary>
    /// <param name="gpuDeviceId">CUDA device number (0 = the first), or null for the CPU.</param>
    /// <param name="fallbackToCpu">Whether the CPU is taken when that GPU is not there.</param>
    /// <param name="log">Receives one message when the CPU replaces the GPU.</param>
    /// <exception cref="InvalidOperationException">The GPU is not there and <paramref name="fallbackToCpu"/> is false.</exception>
    /// <exception cref="TorchLibraryException">The native libraries cannot be loaded.</exception>
    public static torch.Device ChooseDevice(int? gpuDeviceId, bool fallbackToCpu, Action<string> log)
    {
        EnsureLoaded();
        if (gpuDeviceId is not { } gpu)
            return torch.CPU;
        int count = torch.TryInitializeDeviceType(DeviceType.CUDA) ? torch.cuda.device_count() : 0;
        if (gpu >= 0 && gpu < count)
            return torch.device(DeviceType.CUDA, gpu);
        string problem = count == 0
            ? "this process sees no CUDA GPU, or its libtorch is a CPU build (reference TorchSharp-cuda-linux or TorchSharp-cuda-windows, "
                + "or set "
                + TorchLibVariable + " to the torch/lib folder of a PyTorch with CUDA)"
            : $"this process sees {count} CUDA GPU(s), numbered 0 to {count - 1}";
        if (!fallbackToCpu)
            throw new InvalidOperationException($"GpuDeviceId {gpu} cannot be used: {problem}. "
                + "Set FallbackToCpu to true to train on the CPU instead.");
        log($"GpuDeviceId {gpu} cannot be used: {problem}. Training on the CPU.");
        return torch.CPU;
    }

    /// <summary>Sets the number of threads libtorch uses inside one operation.</summary>
    /// <param name="count">At least 1, or null for one thread per physical core that this process may use.</param>
    /// <exception cref="TorchLibraryException">The native libraries cannot be loaded.</exception>
    public static void SetThreads(int? count)
    {
        if (count is { } given)
            ArgumentOutOfRangeException.ThrowIfLessThan(given, 1, nameof(count));
        EnsureLoaded();
        torch.set_num_threads(count ?? Processor.PhysicalCores());
    }

    /// <summary>
    /// Makes waiting OpenMP threads sleep instead of spin, unless the user decided otherwise: spinning stalls shared cores. libgomp reads
    /// the variable once, when it loads.
    /// </summary>
    private static void SetOpenMpWaitPolicy()
    {
        if (OperatingSystem.IsLinux())
            NativeEnvironment.SetDefault("OMP_WAIT_POLICY", "PASSIVE");
    }
}
