using System.CommandLine;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>Where steps are measured, and the type of their maps.</summary>
/// <param name="Device">CPU or a GPU.</param>
/// <param name="Type">float32 or bfloat16.</param>
internal sealed record StepDevice(Device Device, ScalarType Type)
{
    public static StepDevice Cpu { get; } = new(CPU, ScalarType.Float32);

    public bool IsGpu => Device.type != DeviceType.CPU;

    /// <summary>Rounds before the measured ones: on a GPU, steps are recorded in the fourth.</summary>
    public int WarmUp => IsGpu ? 5 : 1;

    public static Option<int?> GpuOption() => new("--gpu") { Description = "Number of a CUDA GPU; without it the CPU." };

    public static Option<TrainingPrecision?> PrecisionOption()
        => new("--precision") { Description = "Type of the maps, Float32 or BFloat16; default: what a training takes on that device." };

    public static StepDevice Choose(int? gpu, TrainingPrecision? precision)
    {
        Device device = TorchRuntime.ChooseDevice(gpu, fallbackToCpu: false, Console.WriteLine);
        return new StepDevice(device, TorchRuntime.ChooseType(precision, device, Console.WriteLine));
    }

    /// <summary>Waits until the device has done what it was given.</summary>
    public void Wait()
    {
        if (IsGpu)
            cuda.synchronize(Device);
    }

    public override string ToString() => IsGpu ? $"{Device}, {Type}" : $"{get_num_threads()} threads, {Type}";
}
