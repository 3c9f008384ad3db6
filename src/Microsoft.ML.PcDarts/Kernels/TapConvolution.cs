using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// Plane kernels: the depthwise convolution of one plane, a weighted sum of shifted tiles. Kernel size, dilation and stride are nothing but
/// offsets (<see cref="Taps"/>). Reversed weights give the gradient of the input, and ones give average pooling.
/// </summary>
/// <remarks>Eight vectors are summed at a time, which hides the latency of multiply-add and shares each weight's load.</remarks>
internal static unsafe partial class TapConvolution
{
    /// <summary>The convolution with the taps' forward offsets, by <see cref="ColumnConvolution"/> as far as it can.</summary>
    public static void Convolve(float* tile, Taps taps, float* weights, float* output, int rowStride, int rows, bool accumulate)
    {
        int done = ColumnConvolution.Supports(taps)
            ? ColumnConvolution.Convolve(tile, taps, weights, output, rowStride, rows, accumulate)
            : 0;
        if (done < rowStride)
            Convolve(tile, taps.ForwardOffsets, weights, taps.Count, output, rowStride, rows, accumulate, done);
    }

    /// <summary>output[y, x] = Σ weights[t] · tile[offsets[t] + (y, x)], or += when <paramref name="accumulate"/>.</summary>
    /// <param name="tile">The tile's first pixel; its rows are <paramref name="rowStride"/> + 8 floats apart.</param>
    /// <param name="offsets">Offset of each tap in floats.</param>
    /// <param name="weights">Weight of each tap.</param>
    /// <param name="taps">Number of taps.</param>
    /// <param name="output">A row plane; up to 7 rows beyond the last are written.</param>
    /// <param name="rowStride">Floats from one row of the output to the next, a multiple of 8.</param>
    /// <param name="rows">Rows of the output.</param>
    /// <param name="accumulate">Whether to add to the output.</param>
    /// <param name="column">First column to compute, a multiple of 8.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Convolve(
        float* tile, int* offsets, float* weights, int taps, float* output, nint rowStride, nint rows, bool accumulate, nint column = 0)
    {
        nint tileRowStride = rowStride + PlaneShape.Lanes;
        tile += column;
        output += column;
        for (; rowStride - column >= 16; column += 16, tile += 16, output += 16)
        {
            for (nint row = 0; row < rows; row += 4)
            {
                Convolve4x2(
                    tile + row * tileRowStride, offsets, weights, taps, output + row * rowStride, tileRowStride, rowStride, accumulate);
            }
        }

        if (column < rowStride)
        {
            nint row = 0;
            for (; rows - row > 4; row += 8)
            {
                Convolve8x1(
                    tile + row * tileRowStride, offsets, weights, taps, output + row * rowStride, tileRowStride, rowStride, accumulate);
            }

            if (row < rows)
            {
                Convolve4x1(
                    tile + row * tileRowStride, offsets, weights, taps, output + row * rowStride, tileRowStride, rowStride, accumulate);
            }
        }
    }

    // Blocks of rows × vectors. Sums and outputs are numbered by row, then by vector.
    private static void Convolve4x2(
        float* tile, int* offsets, float* weights, int taps, float* output, nint tileRowStride, nint rowStride, bool accumulate)
    {
        Vector256<float> sum00 = default, sum01 = default, sum10 = default, sum11 = default;
        Vector256<float> sum20 = default, sum21 = default, sum30 = default, sum31 = default;
        float* output1 = output + rowStride;
        float* output2 = output1 + rowStride;
        float* output3 = output2 + rowStride;
        if (accumulate)
        {
            (sum00, sum01, sum10, sum11) = (Load(output), Load(output + 8), Load(output1), Load(output1 + 8));
            (sum20, sum21, sum30, sum31) = (Load(output2), Load(output2 + 8), Load(output3), Load(output3 + 8));
        }

        for (nint t = 0; t < taps; t++)
        {
            float* input0 = tile + offsets[t];
            float* input1 = input0 + tileRowStride;
            float* input2 = input1 + tileRowStride;
            float* input3 = input2 + tileRowStride;
            Vector256<float> w = Create(weights[t]);
            sum00 = FusedMultiplyAdd(w, Load(input0), sum00);
            sum01 = FusedMultiplyAdd(w, Load(input0 + 8), sum01);
            sum10 = FusedMultiplyAdd(w, Load(input1), sum10);
            sum11 = FusedMultiplyAdd(w, Load(input1 + 8), sum11);
            sum20 = FusedMultiplyAdd(w, Load(input2), sum20);
            sum21 = FusedMultiplyAdd(w, Load(input2 + 8), sum21);
            sum30 = FusedMultiplyAdd(w, Load(input3), sum30);
            sum31 = FusedMultiplyAdd(w, Load(input3 + 8), sum31);
        }

        Vector256.Store(sum00, output);
        Vector256.Store(sum01, output + 8);
        Vector256.Store(sum10, output1);
        Vector256.Store(sum11, output1 + 8);
        Vector256.Store(sum20, output2);
        Vector256.Store(sum21, output2 + 8);
        Vector256.Store(sum30, output3);
        Vector256.Store(sum31, output3 + 8);
    }

    private static void Convolve8x1(
        float* tile, int* offsets, float* weights, int taps, float* output, nint tileRowStride, nint rowStride, bool accumulate)
    {
        Vector256<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        Vector256<float> sum4 = default, sum5 = default, sum6 = default, sum7 = default;
        float* output4 = output + 4 * rowStride;
        if (accumulate)
        {
            (sum0, sum1) = (Load(output), Load(output + rowStride));
            (sum2, sum3) = (Load(output + 2 * rowStride), Load(output + 3 * rowStride));
            (sum4, sum5) = (Load(output4), Load(output4 + rowStride));
            (sum6, sum7) = (Load(output4 + 2 * rowStride), Load(output4 + 3 * rowStride));
        }

        nint twoRows = 2 * tileRowStride, threeRows = 3 * tileRowStride, fourRows = 4 * tileRowStride;
        for (nint t = 0; t < taps; t++)
        {
            float* upper = tile + offsets[t];
            float* lower = upper + fourRows;
            Vector256<float> w = Create(weights[t]);
            sum0 = FusedMultiplyAdd(w, Load(upper), sum0);
            sum1 = FusedMultiplyAdd(w, Load(upper + tileRowStride), sum1);
            sum2 = FusedMultiplyAdd(w, Load(upper + twoRows), sum2);
            sum3 = FusedMultiplyAdd(w, Load(upper + threeRows), sum3);
            sum4 = FusedMultiplyAdd(w, Load(lower), sum4);
            sum5 = FusedMultiplyAdd(w, Load(lower + tileRowStride), sum5);
            sum6 = FusedMultiplyAdd(w, Load(lower + twoRows), sum6);
            sum7 = FusedMultiplyAdd(w, Load(lower + threeRows), sum7);
        }

        Vector256.Store(sum0, output);
        Vector256.Store(sum1, output + rowStride);
        Vector256.Store(sum2, output + 2 * rowStride);
        Vector256.Store(sum3, output + 3 * rowStride);
        Vector256.Store(sum4, output4);
        Vector256.Store(sum5, output4 + rowStride);
        Vector256.Store(sum6, output4 + 2 * rowStride);
        Vector256.Store(sum7, output4 + 3 * rowStride);
    }

    private static void Convolve4x1(
        float* tile, int* offsets, float* weights, int taps, float* output, nint tileRowStride, nint rowStride, bool accumulate)
    {
        Vector256<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        if (accumulate)
            (sum0, sum1, sum2, sum3) = (Load(output), Load(output + rowStride), Load(output + 2 * rowStride), Load(output + 3 * rowStride));
        nint twoRows = 2 * tileRowStride, threeRows = 3 * tileRowStride;
        for (nint t = 0; t < taps; t++)
        {
            float* input = tile + offsets[t];
            Vector256<float> w = Create(weights[t]);
            sum0 = FusedMultiplyAdd(w, Load(input), sum0);
            sum1 = FusedMultiplyAdd(w, Load(input + tileRowStride), sum1);
            sum2 = FusedMultiplyAdd(w, Load(input + twoRows), sum2);
            sum3 = FusedMultiplyAdd(w, Load(input + threeRows), sum3);
        }

        Vector256.Store(sum0, output);
        Vector256.Store(sum1, output + rowStride);
        Vector256.Store(sum2, output + 2 * rowStride);
        Vector256.Store(sum3, output + 3 * rowStride);
    }
}
