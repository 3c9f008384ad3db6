using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Elementwise work on planes (see <see cref="PlaneShape"/>); the zeros behind the last pixel stay zero.</summary>
internal static unsafe partial class Planes
{
    /// <summary>Copies pixels into a plane.</summary>
    internal static void Pad(float* pixels, PlaneShape shape, float* plane)
    {
        new Span<float>(pixels, shape.Pixels).CopyTo(new Span<float>(plane, shape.Pixels));
        ClearPadding(plane, shape);
    }

    /// <summary>Copies the pixels of a plane.</summary>
    internal static void Unpad(float* plane, PlaneShape shape, float* pixels)
        => new Span<float>(plane, shape.Pixels).CopyTo(new Span<float>(pixels, shape.Pixels));

    /// <summary>Makes what follows the last pixel zero again after an operation that did not keep it.</summary>
    internal static void ClearPadding(float* plane, PlaneShape shape)
    {
        if (shape.Size != shape.Pixels)
            new Span<float>(plane + shape.Pixels, shape.Size - shape.Pixels).Clear();
    }

    /// <summary>output = max(0, input).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Rectify(float* input, float* output, nint count)
    {
        for (nint i = 0; i < count; i += 8)
            Vector256.Store(MaxNative(Vector256<float>.Zero, Load(input + i)), output + i);
    }

    /// <summary>output += input, for any number of floats.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void AddAll(float* input, float* output, nint count)
    {
        nint i = 0;
        for (; i <= count - 8; i += 8)
            Vector256.Store(Load(output + i) + Load(input + i), output + i);
        for (; i < count; i++)
            output[i] += input[i];
    }

    /// <summary>output = left · right.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Multiply(float* left, float* right, float* output, nint count)
    {
        for (nint i = 0; i < count; i += 8)
            Vector256.Store(Load(left + i) * Load(right + i), output + i);
    }

    /// <summary>output = scale · (input − center) + shift.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Affine(float* input, float center, float scale, float shift, float* output, PlaneShape shape)
    {
        Vector256<float> m = Create(center), a = Create(scale), b = Create(shift);
        for (nint i = 0; i < shape.Size; i += 8)
            Vector256.Store(FusedMultiplyAdd(a, Load(input + i) - m, b), output + i);
        ClearPadding(output, shape);
    }

    /// <summary>output += scale · (input − center).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Add(float* input, float center, float scale, float* output, nint count)
    {
        Vector256<float> m = Create(center), a = Create(scale);
        for (nint i = 0; i < count; i += 8)
            Vector256.Store(FusedMultiplyAdd(a, Load(input + i) - m, Load(output + i)), output + i);
    }

    /// <summary>output += input where the mask is positive: the gradient of a ReLU.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void AddWherePositive(float* input, float* mask, float* output, nint count)
    {
        for (nint i = 0; i < count; i += 8)
            Vector256.Store(Load(output + i) + (Load(input + i) & GreaterThan(Load(mask + i), Vector256<float>.Zero)), output + i);
    }

    /// <summary>output = a · gradient + b · (map − center) + c: the gradient of a batch norm's input.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void NormGradient(float* gradient, float* map, float a, float b, float center, float c, float* output, PlaneShape shape)
    {
        Vector256<float> va = Create(a), vb = Create(b), vm = Create(center), vc = Create(c);
        for (nint i = 0; i < shape.Size; i += 8)
            Vector256.Store(FusedMultiplyAdd(va, Load(gradient + i), FusedMultiplyAdd(vb, Load(map + i) - vm, vc)), output + i);
        ClearPadding(output, shape);
    }

    /// <summary>Mean of the pixels, and the sum of their squared distances from it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static (double Mean, double Squares) Moments(float* plane, PlaneShape shape)
    {
        double mean = Sum(plane, shape.Size) / shape.Pixels;
        Vector256<float> center = Create((float)mean), squares0 = default, squares1 = default;
        nint i = 0;
        for (; i <= shape.Size - 16; i += 16)
        {
            Vector256<float> x = Load(plane + i) - center, y = Load(plane + i + 8) - center;
            squares0 = FusedMultiplyAdd(x, x, squares0);
            squares1 = FusedMultiplyAdd(y, y, squares1);
        }

        if (i < shape.Size)
        {
            Vector256<float> x = Load(plane + i) - center;
            squares0 = FusedMultiplyAdd(x, x, squares0);
        }

        double padding = (shape.Size - shape.Pixels) * ((double)(float)mean * (float)mean);
        return (mean, Math.Max(0, Vector256.Sum(squares0 + squares1) - padding));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static float Sum(float* plane, nint count)
    {
        Vector256<float> sum0 = default, sum1 = default;
        nint i = 0;
        for (; i <= count - 16; i += 16)
        {
            sum0 += Load(plane + i);
            sum1 += Load(plane + i + 8);
        }

        return Vector256.Sum(i < count ? sum0 + sum1 + Load(plane + i) : sum0 + sum1);
    }

    /// <summary>Σ gradient · (map − center).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static float Dot(float* gradient, float* map, float center, nint count)
    {
        Vector256<float> c = Create(center), sum0 = default, sum1 = default;
        nint i = 0;
        for (; i <= count - 16; i += 16)
        {
            sum0 = FusedMultiplyAdd(Load(gradient + i), Load(map + i) - c, sum0);
            sum1 = FusedMultiplyAdd(Load(gradient + i + 8), Load(map + i + 8) - c, sum1);
        }

        return Vector256.Sum(i < count ? FusedMultiplyAdd(Load(gradient + i), Load(map + i) - c, sum0 + sum1) : sum0 + sum1);
    }

    /// <summary>Σ gradient and Σ gradient · (map − center).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static (float Sum, float Product) SumAndDot(float* gradient, float* map, float center, nint count)
    {
        Vector256<float> c = Create(center), sum0 = default, sum1 = default, product0 = default, product1 = default;
        nint i = 0;
        for (; i <= count - 16; i += 16)
        {
            Vector256<float> first = Load(gradient + i), second = Load(gradient + i + 8);
            sum0 += first;
            sum1 += second;
            product0 = FusedMultiplyAdd(first, Load(map + i) - c, product0);
            product1 = FusedMultiplyAdd(second, Load(map + i + 8) - c, product1);
        }

        if (i < count)
        {
            Vector256<float> last = Load(gradient + i);
            sum0 += last;
            product0 = FusedMultiplyAdd(last, Load(map + i) - c, product0);
        }

        return (Vector256.Sum(sum0 + sum1), Vector256.Sum(product0 + product1));
    }
}
