using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Interface to torch: direct access to the memory of float32 tensors on the CPU.</summary>
internal static unsafe class TensorMemory
{
    /// <summary>The first element of a contiguous float32 CPU tensor; valid while the tensor lives.</summary>
    public static float* Pointer(Tensor tensor)
        => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));

    public static Span<float> Values(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    public static float[] Read(Tensor tensor) => Values(tensor).ToArray();

    public static void Write(ReadOnlySpan<float> values, Tensor tensor) => values.CopyTo(Values(tensor));

    /// <summary>Adds to a parameter's gradient, creating it if needed; does nothing if the parameter requires none.</summary>
    public static void AddGradient(Tensor? parameter, ReadOnlySpan<float> gradient)
    {
        if (parameter is null || !parameter.requires_grad)
            return;
        using Tensor? existing = parameter.grad;
        if (existing is null)
        {
            using Tensor created = empty(parameter.shape, ScalarType.Float32);
            Write(gradient, created);
            parameter.grad = created;
            return;
        }

        Span<float> sum = Values(existing);
        for (int i = 0; i < sum.Length; i++)
            sum[i] += gradient[i];
    }
}
