using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <content>
/// Plane kernels: the gradient of the matrix for small planes. There the sums over the lanes at the end of every dot product would take as
/// long as the multiplications; with the planes transposed to [pixel, input], lanes are inputs and need no sum.
/// </content>
internal static unsafe partial class Pointwise
{
    private const int MaximumTransposedPixels = 128;
    private const int Lanes = PlaneShape.Lanes;

    /// <summary>
    /// Floats of memory that <see cref="AddWeightGradient"/> needs to transpose planes of <paramref name="count"/> floats.
    /// </summary>
    public static long TransposedFloats(int inputs, int count)
        => count > MaximumTransposedPixels ? 0 : (long)inputs / Lanes * Lanes * count;

    /// <summary>The part of <see cref="AddWeightGradient"/> whose rows come in blocks of six and inputs in vectors.</summary>
    private static void AddTransposed(
        float* left, nint leftStride, int outputs, float* right, nint rightStride, int inputs, nint count, float* gradient,
        float* transposed)
    {
        nint width = inputs / Lanes * Lanes;
        Transpose(right, rightStride, width, count, transposed);
        for (int o = 0; o < outputs; o += 6)
        {
            float* rows = left + o * leftStride;
            nint i = 0;
            for (; width - i >= 2 * Lanes; i += 2 * Lanes)
                Transposed6x2(rows, leftStride, transposed + i, width, count, gradient + o * inputs + i, inputs);
            if (i < width)
                Transposed6x1(rows, leftStride, transposed + i, width, count, gradient + o * inputs + i, inputs);
        }
    }

    /// <summary>output[pixel · width + i] = planes[i · stride + pixel].</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Transpose(float* planes, nint stride, nint width, nint count, float* output)
    {
        for (nint i = 0; i < width; i += Lanes)
        {
            for (nint pixel = 0; pixel < count; pixel += Lanes)
            {
                float* block = planes + i * stride + pixel;
                float* target = output + pixel * width + i;
                if (Avx.IsSupported)
                {
                    Transpose8x8(block, stride, target, width);
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

    private static void Transpose8x8(float* block, nint stride, float* output, nint width)
    {
        float* upper = block, lower = block + 4 * stride;
        Vector256<float> row0 = Load(upper), row1 = Load(upper + stride), row2 = Load(upper + 2 * stride), row3 = Load(upper + 3 * stride);
        Vector256<float> row4 = Load(lower), row5 = Load(lower + stride), row6 = Load(lower + 2 * stride), row7 = Load(lower + 3 * stride);
        // Pairs, then fours, then halves change places.
        Vector256<float> low01 = Avx.UnpackLow(row0, row1), high01 = Avx.UnpackHigh(row0, row1);
        Vector256<float> low23 = Avx.UnpackLow(row2, row3), high23 = Avx.UnpackHigh(row2, row3);
        Vector256<float> low45 = Avx.UnpackLow(row4, row5), high45 = Avx.UnpackHigh(row4, row5);
        Vector256<float> low67 = Avx.UnpackLow(row6, row7), high67 = Avx.UnpackHigh(row6, row7);
        const byte low = 0x44, high = 0xEE;
        Vector256<float> upper0 = Avx.Shuffle(low01, low23, low), upper1 = Avx.Shuffle(low01, low23, high);
        Vector256<float> upper2 = Avx.Shuffle(high01, high23, low), upper3 = Avx.Shuffle(high01, high23, high);
        Vector256<float> lower0 = Avx.Shuffle(low45, low67, low), lower1 = Avx.Shuffle(low45, low67, high);
        Vector256<float> lower2 = Avx.Shuffle(high45, high67, low), lower3 = Avx.Shuffle(high45, high67, high);
        Vector256.Store(Avx.Permute2x128(upper0, lower0, 0x20), output);
        Vector256.Store(Avx.Permute2x128(upper1, lower1, 0x20), output + width);
        Vector256.Store(Avx.Permute2x128(upper2, lower2, 0x20), output + 2 * width);
        Vector256.Store(Avx.Permute2x128(upper3, lower3, 0x20), output + 3 * width);
        output += 4 * width;
        Vector256.Store(Avx.Permute2x128(upper0, lower0, 0x31), output);
        Vector256.Store(Avx.Permute2x128(upper1, lower1, 0x31), output + width);
        Vector256.Store(Avx.Permute2x128(upper2, lower2, 0x31), output + 2 * width);
        Vector256.Store(Avx.Permute2x128(upper3, lower3, 0x31), output + 3 * width);
    }

    private static void Transposed6x2(float* left, nint leftStride, float* transposed, nint width, nint count, float* gradient, nint inputs)
    {
        Vector256<float> sum00 = default, sum01 = default, sum10 = default, sum11 = default, sum20 = default, sum21 = default;
        Vector256<float> sum30 = default, sum31 = default, sum40 = default, sum41 = default, sum50 = default, sum51 = default;
        float* left1 = left + leftStride;
        float* left2 = left1 + leftStride;
        float* left3 = left2 + leftStride;
        float* left4 = left3 + leftStride;
        float* left5 = left4 + leftStride;
        for (nint pixel = 0; pixel < count; pixel++, transposed += width)
        {
            Vector256<float> x0 = Load(transposed), x1 = Load(transposed + Lanes);
            Vector256<float> g = Create(left[pixel]);
            sum00 = FusedMultiplyAdd(g, x0, sum00);
            sum01 = FusedMultiplyAdd(g, x1, sum01);
            g = Create(left1[pixel]);
            sum10 = FusedMultiplyAdd(g, x0, sum10);
            sum11 = FusedMultiplyAdd(g, x1, sum11);
            g = Create(left2[pixel]);
            sum20 = FusedMultiplyAdd(g, x0, sum20);
            sum21 = FusedMultiplyAdd(g, x1, sum21);
            g = Create(left3[pixel]);
            sum30 = FusedMultiplyAdd(g, x0, sum30);
            sum31 = FusedMultiplyAdd(g, x1, sum31);
            g = Create(left4[pixel]);
            sum40 = FusedMultiplyAdd(g, x0, sum40);
            sum41 = FusedMultiplyAdd(g, x1, sum41);
            g = Create(left5[pixel]);
            sum50 = FusedMultiplyAdd(g, x0, sum50);
            sum51 = FusedMultiplyAdd(g, x1, sum51);
        }

        Accumulate(sum00, sum01, gradient);
        gradient += inputs;
        Accumulate(sum10, sum11, gradient);
        gradient += inputs;
        Accumulate(sum20, sum21, gradient);
        gradient += inputs;
        Accumulate(sum30, sum31, gradient);
        gradient += inputs;
        Accumulate(sum40, sum41, gradient);
        gradient += inputs;
        Accumulate(sum50, sum51, gradient);
    }

    private static void Transposed6x1(float* left, nint leftStride, float* transposed, nint width, nint count, float* gradient, nint inputs)
    {
        for (nint row = 0; row < 6; row += 2)
        {
            Vector256<float> even = default, odd = default;
            float* first = left + row * leftStride;
            float* second = first + leftStride;
            float* values = transposed;
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
