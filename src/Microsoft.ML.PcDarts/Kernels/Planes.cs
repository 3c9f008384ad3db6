using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Plane kernels: elementwise work on planes. The zeros after the last pixel stay zero.</summary>
internal static unsafe partial class Planes
{
    /// <summary>Copies pixels into a plane.</summary>
    public static void Pad(float* pixels, PlaneShape shape, float* plane)
    {
        new Span<float>(pixels, shape.Pixels).CopyTo(new Span<float>(plane, shape.Pixels));
        ClearPadding(plane, shape);
    }

    /// <summary>Copies the pixels of a plane.</summary>
    public static void Unpad(float* plane, PlaneShape shape, float* pixels)
        => new Span<float>(plane, shape.Pixels).CopyTo(new Span<float>(pixels, shape.Pixels));

    /// <summary>Sets the floats after the last pixel to zero again after an operation that changed them.</summary>
    public static void ClearPadding(float* plane, PlaneShape shape)
    {
        if (shape.PlaneFloats != shape.Pixels)
            new Span<float>(plane + shape.Pixels, shape.PlaneFloats - shape.Pixels).Clear();
    }

    /// <summary>output = max(0, input).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Relu(float* input, float* output, nint count)
    {
        for (nint i = 0; i < count; i += 8)
            Vector256.Store(MaxNative(Vector256<float>.Zero, Load(input + i)), output + i);
    }

    /// <summary>output += input, for any number of floats.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Add(float* input, float* output, nint count)
    {
        nint i = 0;
        for (; i <= count - 8; i += 8)
            Vector256.Store(Load(output + i) + Load(input + i), output + i);
        for (; i < count; i++)
            output[i] += input[i];
    }

    /// <summary>output = left · right.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Multiply(float* left, float* right, float* output, nint count)
    {
        for (nint i = 0; i < count; i += 8)
            Vector256.Store(Load(left + i) * Load(right + i), output + i);
    }

    /// <summary>output = scale · (input − center) + shift.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Affine(float* input, float center, float scale, float shift, float* output, PlaneShape shape)
    {
        Vector256<float> m = Create(center), s = Create(scale), b = Create(shift);
        for (nint i = 0; i < shape.PlaneFloats; i += 8)
            Vector256.Store(FusedMultiplyAdd(s, Load(input + i) - m, b), output + i);
        ClearPadding(output, shape);
    }

    /// <summary>output += scale · (input − center).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void AddScaled(float* input, float center, float scale, float* output, nint count)
    {
        Vector256<float> m = Create(center), s = Create(scale);
        for (nint i = 0; i < count; i += 8)
            Vector256.Store(FusedMultiplyAdd(s, Load(input + i) - m, Load(output + i)), output + i);
    }

    /// <summary>output += input where the mask is positive: the gradient of a ReLU.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void AddWherePositive(float* input, float* mask, float* output, nint count)
    {
        for (nint i = 0; i < count; i += 8)
            Vector256.Store(Load(output + i) + (Load(input + i) & GreaterThan(Load(mask + i), Vector256<float>.Zero)), output + i);
    }

    /// <summary>output = scale · gradient + slope · (map − center) + offset: the gradient of a batch norm's input.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void NormGradient(
        float* gradient, float scale, float* map, float center, float slope, float offset, float* output, PlaneShape shape)
    {
        Vector256<float> g = Create(scale), s = Create(slope), m = Create(center), o = Create(offset);
        for (nint i = 0; i < shape.PlaneFloats; i += 8)
            Vector256.Store(FusedMultiplyAdd(g, Load(gradient + i), FusedMultiplyAdd(s, Load(map + i) - m, o)), output + i);
        ClearPadding(output, shape);
    }
}
