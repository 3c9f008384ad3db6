using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Direct access to the memory of float32 tensors on the CPU.</summary>
internal static unsafe class CellMemory
{
    /// <summary>The first element of a contiguous float32 CPU tensor; valid while the tensor lives.</summary>
    internal static float* Pointer(Tensor tensor)
        => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));

    internal static Span<float> Values(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    internal static float[] Read(Tensor tensor) => Values(tensor).ToArray();

    internal static void Write(ReadOnlySpan<float> values, Tensor tensor) => values.CopyTo(Values(tensor));

    /// <summary>Adds to a parameter's gradient, which is made if it does not exist; nothing if the parameter wants none.</summary>
    internal static void AddGradient(Tensor? parameter, ReadOnlySpan<float> gradient)
    {
        if (parameter is null || !parameter.requires_grad)
            return;
        using Tensor? existing = parameter.grad;
        if (existing is null)
        {
            using Tensor made = empty(parameter.shape, ScalarType.Float32);
            Write(gradient, made);
            parameter.grad = made;
            return;
        }

        Span<float> sum = Values(existing);
        for (int i = 0; i < sum.Length; i++)
            sum[i] += gradient[i];
    }
}
