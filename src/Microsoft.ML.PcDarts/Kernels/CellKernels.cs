using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Interface to torch: where the kernels can replace torch's operations.</summary>
internal static class CellKernels
{
    /// <summary>Whether the kernels can compute with such a tensor: float32, on a CPU with 256-bit vectors.</summary>
    public static bool Support(Tensor images)
        => Vector256.IsHardwareAccelerated && images.device_type == TorchSharp.DeviceType.CPU && images.dtype == ScalarType.Float32;
}
