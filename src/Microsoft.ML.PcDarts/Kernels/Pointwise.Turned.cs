using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <content>
/// The gradient of the matrix for small planes. There the sums over the lanes at the end of every block would take as long as the multiplications; with the pixels turned to the outside, lanes
/// are inputs and need no sum.
/// </content>
internal static unsafe partial class Pointwise
{
    private const int LargestTurned = 128;
    private const int Lanes = PlaneShape.Lanes;

    /// <summary>Floats that <see cref="Outer"/> needs as memory for planes of that many floats.</summary>
    internal static long TurnedFloats(int inputs, int count) => count > LargestTurned ? 0 : (long)inputs / Lanes * Lanes * count;

    /// <summary>The part of <see cref="Outer"/> with rows by six and inputs by eight; the planes must be small.</summary>
    private static void OuterTurned(
        float* left, nint leftStride, int outputs, float* right, nint rightStride, int inputs, nint count, float* gradient, float* turned)
    {
        nint width = inputs / Lanes * Lanes;
        Turn(right, rightStride, width, count, turned);
        for (int o = 0; o < outputs; o += 6)
        {
            float* rows = left + o * leftStride;
            nint i = 0;
            for (; width - i >= 2 * Lanes; i += 2 * Lanes)
                Turned6x2(rows, leftStride, turned + i, width, count, gradient + o * inputs + i, inputs);
            if (i < width)
                Turned6x1(rows, leftStride, turned + i, width, count, gradient + o * inputs + i, inputs);
        }
    }

    /// <summary>output[pixel · width + i] = planes[i · stride + pixel].</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Turn(float* planes, nint stride, nint width, nint count, float* output)
    {
        for (nint i = 0; i < width; i += Lanes)
        {
            for (nint pixel = 0; pixel < count; pixel += Lanes)
            {
                float* block = planes + i * stride + pixel;
                float* target = output + pixel * width + i;
                if (Avx.IsSupported)
                {
                    TurnBlock(block, stride, target, width);
                    continue;
                }

                for (nint row = 0; row < Lanes; row++)
                {
                    for (nint column = 0; column < Lanes; column++)
                        target[column * width + row] = block[row * stride + column];
                }
            }
        }
    }

    private static void TurnBlock(float* block, nint stride, float* target, nint width)
    {
        Vector256<float> a = Load(block), b = Load(block + stride), c = Load(block + 2 * stride), d = Load(block + 3 * stride);
        float* lower = block + 4 * stride;
        Vector256<float> e = Load(lower), f = Load(lower + stride), g = Load(lower + 2 * stride), h = Load(lower + 3 * stride);
        // Pairs, then fours, then halves change places.
        Vector256<float> ab0 = Avx.UnpackLow(a, b), ab1 = Avx.UnpackHigh(a, b), cd0 = Avx.UnpackLow(c, d), cd1 = Avx.UnpackHigh(c, d);
        Vector256<float> ef0 = Avx.UnpackLow(e, f), ef1 = Avx.UnpackHigh(e, f), gh0 = Avx.UnpackLow(g, h), gh1 = Avx.UnpackHigh(g, h);
        const byte low = 0x44, high = 0xEE;
        Vector256<float> top0 = Avx.Shuffle(ab0, cd0, low), top1 = Avx.Shuffle(ab0, cd0, high), top2 = Avx.Shuffle(ab1, cd1, low), top3 = Avx.Shuffle(ab1, cd1, high);
        Vector256<float> end0 = Avx.Shuffle(ef0, gh0, low), end1 = Avx.Shuffle(ef0, gh0, high), end2 = Avx.Shuffle(ef1, gh1, low), end3 = Avx.Shuffle(ef1, gh1, high);
        Vector256.Store(Avx.Permute2x128(top0, end0, 0x20), target);
        Vector256.Store(Avx.Permute2x128(top1, end1, 0x20), target + width);
        Vector256.Store(Avx.Permute2x128(top2, end2, 0x20), target + 2 * width);
        Vector256.Store(Avx.Permute2x128(top3, end3, 0x20), target + 3 * width);
        target += 4 * width;
        Vector256.Store(Avx.Permute2x128(top0, end0, 0x31), target);
        Vector256.Store(Avx.Permute2x128(top1, end1, 0x31), target + width);
        Vector256.Store(Avx.Permute2x128(top2, end2, 0x31), target + 2 * width);
        Vector256.Store(Avx.Permute2x128(top3, end3, 0x31), target + 3 * width);
    }

    private static void Turned6x2(float* left, nint leftStride, float* turned, nint width, nint count, float* gradient, nint inputs)
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default;
        Vector256<float> d0 = default, d1 = default, e0 = default, e1 = default, f0 = default, f1 = default;
        float* b = left + leftStride;
        float* c = b + leftStride;
        float* d = c + leftStride;
        float* e = d + leftStride;
        float* f = e + leftStride;
        for (nint pixel = 0; pixel < count; pixel++, turned += width)
        {
            Vector256<float> x0 = Load(turned), x1 = Load(turned + Lanes);
            Vector256<float> g = Create(left[pixel]);
            a0 = FusedMultiplyAdd(g, x0, a0);
            a1 = FusedMultiplyAdd(g, x1, a1);
            g = Create(b[pixel]);
            b0 = FusedMultiplyAdd(g, x0, b0);
            b1 = FusedMultiplyAdd(g, x1, b1);
            g = Create(c[pixel]);
            c0 = FusedMultiplyAdd(g, x0, c0);
            c1 = FusedMultiplyAdd(g, x1, c1);
            g = Create(d[pixel]);
            d0 = FusedMultiplyAdd(g, x0, d0);
            d1 = FusedMultiplyAdd(g, x1, d1);
            g = Create(e[pixel]);
            e0 = FusedMultiplyAdd(g, x0, e0);
            e1 = FusedMultiplyAdd(g, x1, e1);
            g = Create(f[pixel]);
            f0 = FusedMultiplyAdd(g, x0, f0);
            f1 = FusedMultiplyAdd(g, x1, f1);
        }

        Accumulate(a0, a1, gradient);
        gradient += inputs;
        Accumulate(b0, b1, gradient);
        gradient += inputs;
        Accumulate(c0, c1, gradient);
        gradient += inputs;
        Accumulate(d0, d1, gradient);
        gradient += inputs;
        Accumulate(e0, e1, gradient);
        gradient += inputs;
        Accumulate(f0, f1, gradient);
    }

    private static void Turned6x1(float* left, nint leftStride, float* turned, nint width, nint count, float* gradient, nint inputs)
    {
        for (nint row = 0; row < 6; row += 2)
        {
            Vector256<float> even = default, odd = default;
            float* first = left + row * leftStride;
            float* second = first + leftStride;
            float* values = turned;
            for (nint pixel = 0; pixel < count; pixel++, values += width)
            {
                Vector256<float> x = Load(values);
                even = FusedMultiplyAdd(Create(first[pixel]), x, even);
                odd = FusedMultiplyAdd(Create(second[pixel]), x, odd);
            }

            float* target = gradient + row * inputs;
            Vector256.Store(Load(target) + even, target);
            Vector256.Store(Load(target + inputs) + odd, target + inputs);
        }
    }

    private static void Accumulate(Vector256<float> first, Vector256<float> second, float* gradient)
        => Store(Load(gradient) + first, Load(gradient + Lanes) + second, gradient);
}
