using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>A 1×1 convolution of the planes of one picture: a small matrix times a tall one whose rows are planes.</summary>
internal static unsafe partial class Pointwise
{
    /// <summary>output[o] = Σ matrix[o · inputs + i] · input[i], for planes of <paramref name="count"/> floats (a multiple of 8).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Multiply(
        float* matrix, int outputs, int inputs, float* input, nint inputStride, float* output, nint outputStride, nint count)
    {
        int o = 0;
        for (; o < Sixes(outputs); o += 6)
        {
            float* rows = matrix + o * inputs;
            nint pixel = 0;
            for (; count - pixel >= 16; pixel += 16)
                Multiply6x2(rows, inputs, input + pixel, inputStride, output + o * outputStride + pixel, outputStride);
            if (pixel < count)
            {
                Multiply4x1(rows, inputs, input + pixel, inputStride, output + o * outputStride + pixel, outputStride);
                Multiply4x1(rows + 2 * inputs, inputs, input + pixel, inputStride, output + (o + 2) * outputStride + pixel, outputStride);
            }
        }

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

    /// <summary>How many rows are taken by six; the others come by four as far as they go. Twelve sums at a time hide the latency of multiply-add, eight do not quite.</summary>
    private static int Sixes(int rows)
    {
        int sixes = rows / 6;
        if ((sixes & 1) != (rows >> 1 & 1))
            sixes--;
        return 6 * sixes;
    }

    private static void Multiply6x2(float* matrix, nint inputs, float* input, nint inputStride, float* output, nint outputStride)
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default;
        Vector256<float> d0 = default, d1 = default, e0 = default, e1 = default, f0 = default, f1 = default;
        float* b = matrix + inputs;
        float* c = b + inputs;
        float* d = c + inputs;
        float* e = d + inputs;
        float* f = e + inputs;
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
            w = Create(e[i]);
            e0 = FusedMultiplyAdd(w, x0, e0);
            e1 = FusedMultiplyAdd(w, x1, e1);
            w = Create(f[i]);
            f0 = FusedMultiplyAdd(w, x0, f0);
            f1 = FusedMultiplyAdd(w, x1, f1);
        }

        Store(a0, a1, output);
        output += outputStride;
        Store(b0, b1, output);
        output += outputStride;
        Store(c0, c1, output);
        output += outputStride;
        Store(d0, d1, output);
        output += outputStride;
        Store(e0, e1, output);
        output += outputStride;
        Store(f0, f1, output);
    }

    private static void Store(Vector256<float> first, Vector256<float> second, float* output)
    {
        Vector256.Store(first, output);
        Vector256.Store(second, output + 8);
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
}
