using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// Plane kernels: depthwise 3×3 and 5×5 convolutions at stride 1, a column of the kernel at a time. Rows that lie a dilation apart are
/// computed together, so that a vector that was loaded serves all taps of the column: loads, many of which cross cache lines, are what
/// limits <see cref="TapConvolution"/>.
/// </summary>
internal static unsafe partial class ColumnConvolution
{
    /// <summary>Width of the blocks that <see cref="Convolve"/> computes at a time.</summary>
    private const int BlockWidth = 16;

    public static bool Supports(Taps taps) => taps is { Stride: 1, Kernel: 3 or 5 };

    /// <summary>As <c>TapConvolution.Convolve</c>, for as many blocks of 16 pixels as a row has.</summary>
    /// <returns>Floats of each row that were computed.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Convolve(float* tile, Taps taps, float* weights, float* output, int rowStride, int rows, bool accumulate)
    {
        nint tileRowStride = rowStride + PlaneShape.Lanes, dilation = taps.Dilation, end = rowStride / BlockWidth * BlockWidth;
        float* first = tile - taps.Kernel / 2 * dilation * (tileRowStride + 1);
        for (nint parity = 0; parity < dilation; parity++)
        {
            for (nint row = parity; row < rows; row += 4 * dilation)
            {
                for (nint column = 0; column < end; column += BlockWidth)
                {
                    float* source = first + row * tileRowStride + column;
                    float* target = output + row * rowStride + column;
                    if (taps.Kernel == 3)
                        Convolve3(source, tileRowStride * dilation, dilation, weights, target, rowStride * dilation, accumulate);
                    else
                        Convolve5(source, tileRowStride * dilation, dilation, weights, target, rowStride * dilation, accumulate);
                }
            }
        }

        return (int)end;
    }

    // Four rows of 16 outputs from six or eight rows of the input. Sums are numbered by row, then by vector.
    private static void Convolve3(
        float* input, nint inputStride, nint dilation, float* weights, float* output, nint outputStride, bool accumulate)
    {
        Vector256<float> sum00 = default, sum01 = default, sum10 = default, sum11 = default;
        Vector256<float> sum20 = default, sum21 = default, sum30 = default, sum31 = default;
        if (accumulate)
        {
            (sum00, sum01) = (Load(output), Load(output + 8));
            (sum10, sum11) = (Load(output + outputStride), Load(output + outputStride + 8));
            (sum20, sum21) = (Load(output + 2 * outputStride), Load(output + 2 * outputStride + 8));
            (sum30, sum31) = (Load(output + 3 * outputStride), Load(output + 3 * outputStride + 8));
        }

        for (nint column = 0; column < 3; column++, input += dilation, weights++)
        {
            Vector256<float> w0 = Create(weights[0]), w1 = Create(weights[3]), w2 = Create(weights[6]);
            float* row = input;
            Vector256<float> x0 = Load(row), x1 = Load(row + 8);
            (sum00, sum01) = (FusedMultiplyAdd(w0, x0, sum00), FusedMultiplyAdd(w0, x1, sum01));
            row += inputStride;
            (x0, x1) = (Load(row), Load(row + 8));
            (sum00, sum01) = (FusedMultiplyAdd(w1, x0, sum00), FusedMultiplyAdd(w1, x1, sum01));
            (sum10, sum11) = (FusedMultiplyAdd(w0, x0, sum10), FusedMultiplyAdd(w0, x1, sum11));
            row += inputStride;
            (x0, x1) = (Load(row), Load(row + 8));
            (sum00, sum01) = (FusedMultiplyAdd(w2, x0, sum00), FusedMultiplyAdd(w2, x1, sum01));
            (sum10, sum11) = (FusedMultiplyAdd(w1, x0, sum10), FusedMultiplyAdd(w1, x1, sum11));
            (sum20, sum21) = (FusedMultiplyAdd(w0, x0, sum20), FusedMultiplyAdd(w0, x1, sum21));
            row += inputStride;
            (x0, x1) = (Load(row), Load(row + 8));
            (sum10, sum11) = (FusedMultiplyAdd(w2, x0, sum10), FusedMultiplyAdd(w2, x1, sum11));
            (sum20, sum21) = (FusedMultiplyAdd(w1, x0, sum20), FusedMultiplyAdd(w1, x1, sum21));
            (sum30, sum31) = (FusedMultiplyAdd(w0, x0, sum30), FusedMultiplyAdd(w0, x1, sum31));
            row += inputStride;
            (x0, x1) = (Load(row), Load(row + 8));
            (sum20, sum21) = (FusedMultiplyAdd(w2, x0, sum20), FusedMultiplyAdd(w2, x1, sum21));
            (sum30, sum31) = (FusedMultiplyAdd(w1, x0, sum30), FusedMultiplyAdd(w1, x1, sum31));
            row += inputStride;
            (x0, x1) = (Load(row), Load(row + 8));
            (sum30, sum31) = (FusedMultiplyAdd(w2, x0, sum30), FusedMultiplyAdd(w2, x1, sum31));
        }

        Store(sum00, sum01, output);
        Store(sum10, sum11, output + outputStride);
        Store(sum20, sum21, output + 2 * outputStride);
        Store(sum30, sum31, output + 3 * outputStride);
    }

    private static void Convolve5(
        float* input, nint inputStride, nint dilation, float* weights, float* output, nint outputStride, bool accumulate)
    {
        Vector256<float> sum00 = default, sum01 = default, sum10 = default, sum11 = default;
        Vector256<float> sum20 = default, sum21 = default, sum30 = default, sum31 = default;
        if (accumulate)
        {
            (sum00, sum01) = (Load(output), Load(output + 8));
            (sum10, sum11) = (Load(output + outputStride), Load(output + outputStride + 8));
            (sum20, sum21) = (Load(output + 2 * outputStride), Load(output + 2 * outputStride + 8));
            (sum30, sum31) = (Load(output + 3 * outputStride), Load(output + 3 * outputStride + 8));
        }

        for (nint column = 0; column < 5; column++, input += dilation, weights++)
        {
            Vector256<float> w0 = Create(weights[0]), w1 = Create(weights[5]), w2 = Create(weights[10]);
            Vector256<float> w3 = Create(weights[15]), w4 = Create(weights[20]);
            float* row = input;
            Vector256<float> x0 = Load(row), x1 = Load(row + 8);
            (sum00, sum01) = (FusedMultiplyAdd(w0, x0, sum00), FusedMultiplyAdd(w0, x1, sum01));
            row += inputStride;
            (x0, x1) = (Load(row), Load(row + 8));
            (sum00, sum01) = (FusedMultiplyAdd(w1, x0, sum00), FusedMultiplyAdd(w1, x1, sum01));
            (sum10, sum11) = (FusedMultiplyAdd(w0, x0, sum10), FusedMultiplyAdd(w0, x1, sum11));
            row += inputStride;
            (x0, x1) = (Load(row), Load(row + 8));
            (sum00, sum01) = (FusedMultiplyAdd(w2, x0, sum00), FusedMultiplyAdd(w2, x1, sum01));
            (sum10, sum11) = (FusedMultiplyAdd(w1, x0, sum10), FusedMultiplyAdd(w1, x1, sum11));
            (sum20, sum21) = (FusedMultiplyAdd(w0, x0, sum20), FusedMultiplyAdd(w0, x1, sum21));
            row += inputStride;
            (x0, x1) = (Load(row), Load(row + 8));
            (sum00, sum01) = (FusedMultiplyAdd(w3, x0, sum00), FusedMultiplyAdd(w3, x1, sum01));
            (sum10, sum11) = (FusedMultiplyAdd(w2, x0, sum10), FusedMultiplyAdd(w2, x1, sum11));
            (sum20, sum21) = (FusedMultiplyAdd(w1, x0, sum20), FusedMultiplyAdd(w1, x1, sum21));
            (sum30, sum31) = (FusedMultiplyAdd(w0, x0, sum30), FusedMultiplyAdd(w0, x1, sum31));
            row += inputStride;
            (x0, x1) = (Load(row), Load(row + 8));
            (sum00, sum01) = (FusedMultiplyAdd(w4, x0, sum00), FusedMultiplyAdd(w4, x1, sum01));
            (sum10, sum11) = (FusedMultiplyAdd(w3, x0, sum10), FusedMultiplyAdd(w3, x1, sum11));
            (sum20, sum21) = (FusedMultiplyAdd(w2, x0, sum20), FusedMultiplyAdd(w2, x1, sum21));
            (sum30, sum31) = (FusedMultiplyAdd(w1, x0, sum30), FusedMultiplyAdd(w1, x1, sum31));
            row += inputStride;
            (x0, x1) = (Load(row), Load(row + 8));
            (sum10, sum11) = (FusedMultiplyAdd(w4, x0, sum10), FusedMultiplyAdd(w4, x1, sum11));
            (sum20, sum21) = (FusedMultiplyAdd(w3, x0, sum20), FusedMultiplyAdd(w3, x1, sum21));
            (sum30, sum31) = (FusedMultiplyAdd(w2, x0, sum30), FusedMultiplyAdd(w2, x1, sum31));
            row += inputStride;
            (x0, x1) = (Load(row), Load(row + 8));
            (sum20, sum21) = (FusedMultiplyAdd(w4, x0, sum20), FusedMultiplyAdd(w4, x1, sum21));
            (sum30, sum31) = (FusedMultiplyAdd(w3, x0, sum30), FusedMultiplyAdd(w3, x1, sum31));
            row += inputStride;
            (x0, x1) = (Load(row), Load(row + 8));
            (sum30, sum31) = (FusedMultiplyAdd(w4, x0, sum30), FusedMultiplyAdd(w4, x1, sum31));
        }

        Store(sum00, sum01, output);
        Store(sum10, sum11, output + outputStride);
        Store(sum20, sum21, output + 2 * outputStride);
        Store(sum30, sum31, output + 3 * outputStride);
    }

    private static void Store(Vector256<float> first, Vector256<float> second, float* output)
    {
        Vector256.Store(first, output);
        Vector256.Store(second, output + 8);
    }
}
