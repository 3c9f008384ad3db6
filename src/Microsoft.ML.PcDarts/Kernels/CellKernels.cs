using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Where the cell kernels can stand in for torch's operations.</summary>
internal static class CellKernels
{
    /// <summary>Whether the kernels compute such a tensor: float32, on a CPU with vectors of 256 bits.</summary>
    internal static bool Support(Tensor images)
        => Vector256.IsHardwareAccelerated && images.device_type == TorchSharp.DeviceType.CPU && images.dtype == ScalarType.Float32;
}
