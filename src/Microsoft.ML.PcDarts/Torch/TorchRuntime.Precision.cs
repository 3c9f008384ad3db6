using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace Microsoft.ML.PcDarts.Torch;

internal static partial class TorchRuntime
{
    private const int FirstCapabilityWithBFloat16 = 8; // Ampere

    /// <summary>The type of the maps that a training computes.</summary>
    /// <param name="precision">What the options ask for; null for the device's own.</param>
    /// <param name="device">Device of the training.</param>
    /// <param name="log">Receives one message when the choice costs time.</param>
    /// <exception cref="InvalidOperationException">The GPU does not compute bf16.</exception>
    public static torch.ScalarType ChooseType(TrainingPrecision? precision, torch.Device device, Action<string> log)
        => ChooseType(precision, device, device.type == DeviceType.CUDA ? CudaDriver.ComputeCapabilityMajor(device.index) : null, log);

    /// <inheritdoc cref="ChooseType(TrainingPrecision?, torch.Device, Action{string})"/>
    /// <param name="precision">What the options ask for; null for the device's own.</param>
    /// <param name="device">Device of the training.</param>
    /// <param name="capability">Major compute capability of the GPU; null where there is none or the driver does not tell.</param>
    /// <param name="log">Receives one message when the choice costs time.</param>
    public static torch.ScalarType ChooseType(TrainingPrecision? precision, torch.Device device, int? capability, Action<string> log)
    {
        bool gpu = device.type != DeviceType.CPU;
        if (precision is null)
            return gpu && capability >= FirstCapabilityWithBFloat16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32;
        if (precision == TrainingPrecision.Float32)
            return torch.ScalarType.Float32;
        if (gpu && capability < FirstCapabilityWithBFloat16)
        {
            throw new InvalidOperationException($"Precision BFloat16 cannot be used: the GPU {device} has compute capability {capability}, "
                + $"and bf16 needs {FirstCapabilityWithBFloat16}.0 or newer. "
                + "Leave Precision null or set it to Float32.");
        }

        if (!gpu)
        {
            log("Precision BFloat16 on the CPU is computed by the tensor library instead of this library's float32 kernels and takes "
                + "longer than Float32"
                + (HasBFloat16Instructions() ? "." : ", all the more as this CPU has no bf16 instructions."));
        }

        return torch.ScalarType.BFloat16;
    }

    private static bool HasBFloat16Instructions() => X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7
        && ((X86Base.CpuId(7, 1).Eax & 1 << 5) != 0 || (X86Base.CpuId(7, 0).Edx & 1 << 22) != 0); // AVX512_BF16, AMX-BF16
}
