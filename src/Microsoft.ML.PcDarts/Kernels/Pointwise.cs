using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts;

/// <summary>A 1×1 convolution of the planes of one picture: a small matrix times a tall one whose rows are planes.</summary>
internal static unsafe class Pointwise
{
    /// <summary>output[o] = Σ matrix[o · inputs + i] · input[i], for planes of <paramref name="count"/> floats (a multiple of 8).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Multiply(
        float* matrix, int outputs, int inputs, float* input, nint inputStride, float* output, nint outputStride, nint count)
    {
        int o = 0;
        for (; outputs - o >= 4; o += 4)
        {
            nint pixel = 0;
            for (; count - pixel >= 16; pixel += 16)
                Multiply4x2(matrix + o * inputs, inputs, input + pixel, inputStride, output + o * outputStride + pixel, outputStride);
            if (pixel < count)
                Multiply4x1(matrix + o * inputs, inputs, input + pixel, inputStride, output + o * outputStride + pixel, outputStride);
        }

        for (; o < outputs; o++)
        {
            for (nint pixel = 0; pixel < count; pixel += 8)
            {
                Vector256<float> sum = default;
                for (nint i = 0; i < inputs; i++)
                    sum = FusedMultiplyAdd(Create(matrix[o * inputs + i]), Load(input + i * inputStride + pixel), sum);
                Vector256.Store(sum, output + o * outputStride + pixel);
            }
        }
    }

    /// <summary>The gradient of the matrix: gradient[o · inputs + i] += Σ left[o] · right[i] over the pixels.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Outer(
        float* left, nint leftStride, int outputs, float* right, nint rightStride, int inputs, nint count, float* gradient)
    {
        int o = 0;
        for (; outputs - o >= 4; o += 4)
        {
            int i = 0;
            for (; inputs - i >= 2; i += 2)
                Outer4x2(left + o * leftStride, leftStride, right + i * rightStride, rightStride, count, gradient + o * inputs + i, inputs);
            if (i < inputs)
                OuterRest(left + o * leftStride, leftStride, 4, right + i * rightStride, count, gradient + o * inputs + i, inputs);
        }

        for (int i = 0; o < outputs && i < inputs; i++)
            OuterRest(left + o * leftStride, leftStride, outputs - o, right + i * rightStride, count, gradient + o * inputs + i, inputs);
    }

    private static void Multiply4x2(float* matrix, nint inputs, float* input, nint inputStride, float* output, nint outputStride)
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        float* b = matrix + inputs;
        float* c = b + inputs;
        float* d = c + inputs;
        for (nint i = 0; i < inputs; i++, input += inputStride)
        {
            Vector256<float> x0 = Load(input), x1 = Load(input + 8);
            Vector256<float> w = Create(matrix[i]);
            a0 = FusedMultiplyAdd(w, x0, a0);
            a1 = FusedMultiplyAdd(w, x1, a1);
            w = Create(b[i]);
            b0 = FusedMultiplyAdd(w, x0, b0);
            b1 = FusedMultiplyAdd(w, x1, b1);
            w = Create(c[i]);
            c0 = FusedMultiplyAdd(w, x0, c0);
            c1 = FusedMultiplyAdd(w, x1, c1);
            w = Create(d[i]);
            d0 = FusedMultiplyAdd(w, x0, d0);
            d1 = FusedMultiplyAdd(w, x1, d1);
        }

        Vector256.Store(a0, output);
        Vector256.Store(a1, output + 8);
        output += outputStride;
        Vector256.Store(b0, output);
        Vector256.Store(b1, output + 8);
        output += outputStride;
        Vector256.Store(c0, output);
        Vector256.Store(c1, output + 8);
        output += outputStride;
        Vector256.Store(d0, output);
        Vector256.Store(d1, output + 8);
    }

    private static void Multiply4x1(float* matrix, nint inputs, float* input, nint inputStride, float* output, nint outputStride)
    {
        Vector256<float> a = default, b = default, c = default, d = default;
        for (nint i = 0; i < inputs; i++, input += inputStride)
        {
            Vector256<float> x = Load(input);
            a = FusedMultiplyAdd(Create(matrix[i]), x, a);
            b = FusedMultiplyAdd(Create(matrix[inputs + i]), x, b);
            c = FusedMultiplyAdd(Create(matrix[2 * inputs + i]), x, c);
            d = FusedMultiplyAdd(Create(matrix[3 * inputs + i]), x, d);
        }

        Vector256.Store(a, output);
        Vector256.Store(b, output + outputStride);
        Vector256.Store(c, output + 2 * outputStride);
        Vector256.Store(d, output + 3 * outputStride);
    }

    private static void Outer4x2(float* left, nint leftStride, float* right, nint rightStride, nint count, float* gradient, nint inputs)
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        float* b = left + leftStride;
        float* c = b + leftStride;
        float* d = c + leftStride;
        float* other = right + rightStride;
        for (nint pixel = 0; pixel < count; pixel += 8)
        {
            Vector256<float> x0 = Load(right + pixel), x1 = Load(other + pixel);
            Vector256<float> g = Load(left + pixel);
            a0 = FusedMultiplyAdd(g, x0, a0);
            a1 = FusedMultiplyAdd(g, x1, a1);
            g = Load(b + pixel);
            b0 = FusedMultiplyAdd(g, x0, b0);
            b1 = FusedMultiplyAdd(g, x1, b1);
            g = Load(c + pixel);
            c0 = FusedMultiplyAdd(g, x0, c0);
            c1 = FusedMultiplyAdd(g, x1, c1);
            g = Load(d + pixel);
            d0 = FusedMultiplyAdd(g, x0, d0);
            d1 = FusedMultiplyAdd(g, x1, d1);
        }

        AddPair(Pairs(a0, a1, b0, b1), gradient, gradient + inputs);
        AddPair(Pairs(c0, c1, d0, d1), gradient + 2 * inputs, gradient + 3 * inputs);
    }

    /// <summary>The sums of the lanes of four vectors.</summary>
    private static Vector128<float> Pairs(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        if (!Avx.IsSupported)
            return Vector128.Create(Vector256.Sum(a), Vector256.Sum(b), Vector256.Sum(c), Vector256.Sum(d));
        Vector256<float> halves = Avx.HorizontalAdd(Avx.HorizontalAdd(a, b), Avx.HorizontalAdd(c, d));
        return halves.GetLower() + halves.GetUpper();
    }

    private static void AddPair(Vector128<float> sums, float* first, float* second)
    {
        Vector64.Store(Vector64.Load(first) + sums.GetLower(), first);
        Vector64.Store(Vector64.Load(second) + sums.GetUpper(), second);
    }

    private static void OuterRest(float* left, nint leftStride, int outputs, float* right, nint count, float* gradient, nint inputs)
    {
        for (int o = 0; o < outputs; o++)
        {
            Vector256<float> sum = default;
            for (nint pixel = 0; pixel < count; pixel += 8)
                sum = FusedMultiplyAdd(Load(left + o * leftStride + pixel), Load(right + pixel), sum);
            gradient[o * inputs] += Vector256.Sum(sum);
        }
    }
}
