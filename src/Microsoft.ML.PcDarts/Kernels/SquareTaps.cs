using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// Depthwise 3×3 and 5×5 convolutions at stride 1. Rows that lie a dilation apart are worked on together, so that a vector that was loaded serves all taps of a column of the kernel:
/// loads, many of which cross cache lines, are what limits a sum over taps one by one.
/// </summary>
internal static unsafe partial class SquareTaps
{
    /// <summary>Floats of the columns that <see cref="Sum"/> computes at a time.</summary>
    private const int Columns = 16;

    internal static bool Know(Taps taps) => taps is { Stride: 1, Kernel: 3 or 5 };

    /// <summary>As <c>TapConvolution.Sum</c>, for as many blocks of 16 columns as there are.</summary>
    /// <returns>Floats of each row that were computed.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Sum(float* tile, Taps taps, float* weights, float* output, int stride, int rows, bool accumulate)
    {
        nint tileStep = stride + PlaneShape.Lanes, dilation = taps.Dilation, end = stride / Columns * Columns;
        float* first = tile - taps.Kernel / 2 * dilation * (tileStep + 1);
        for (nint parity = 0; parity < dilation; parity++)
        {
            for (nint row = parity; row < rows; row += 4 * dilation)
            {
                for (nint column = 0; column < end; column += Columns)
                {
                    float* source = first + row * tileStep + column;
                    float* target = output + row * stride + column;
                    if (taps.Kernel == 3)
                        Sum3(source, tileStep * dilation, dilation, weights, target, stride * dilation, accumulate);
                    else
                        Sum5(source, tileStep * dilation, dilation, weights, target, stride * dilation, accumulate);
                }
            }
        }

        return (int)end;
    }

    private static void Sum3(float* tile, nint tileStep, nint columnStep, float* weights, float* output, nint rowStep, bool accumulate)
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        if (accumulate)
        {
            (a0, a1, b0, b1) = (Load(output), Load(output + 8), Load(output + rowStep), Load(output + rowStep + 8));
            (c0, c1, d0, d1) = (Load(output + 2 * rowStep), Load(output + 2 * rowStep + 8), Load(output + 3 * rowStep), Load(output + 3 * rowStep + 8));
        }

        for (nint column = 0; column < 3; column++, tile += columnStep, weights++)
        {
            Vector256<float> w0 = Create(weights[0]), w1 = Create(weights[3]), w2 = Create(weights[6]);
            float* row = tile;
            Vector256<float> x0 = Load(row), x1 = Load(row + 8);
            (a0, a1) = (FusedMultiplyAdd(w0, x0, a0), FusedMultiplyAdd(w0, x1, a1));
            row += tileStep;
            (x0, x1) = (Load(row), Load(row + 8));
            (a0, a1) = (FusedMultiplyAdd(w1, x0, a0), FusedMultiplyAdd(w1, x1, a1));
            (b0, b1) = (FusedMultiplyAdd(w0, x0, b0), FusedMultiplyAdd(w0, x1, b1));
            row += tileStep;
            (x0, x1) = (Load(row), Load(row + 8));
            (a0, a1) = (FusedMultiplyAdd(w2, x0, a0), FusedMultiplyAdd(w2, x1, a1));
            (b0, b1) = (FusedMultiplyAdd(w1, x0, b0), FusedMultiplyAdd(w1, x1, b1));
            (c0, c1) = (FusedMultiplyAdd(w0, x0, c0), FusedMultiplyAdd(w0, x1, c1));
            row += tileStep;
            (x0, x1) = (Load(row), Load(row + 8));
            (b0, b1) = (FusedMultiplyAdd(w2, x0, b0), FusedMultiplyAdd(w2, x1, b1));
            (c0, c1) = (FusedMultiplyAdd(w1, x0, c0), FusedMultiplyAdd(w1, x1, c1));
            (d0, d1) = (FusedMultiplyAdd(w0, x0, d0), FusedMultiplyAdd(w0, x1, d1));
            row += tileStep;
            (x0, x1) = (Load(row), Load(row + 8));
            (c0, c1) = (FusedMultiplyAdd(w2, x0, c0), FusedMultiplyAdd(w2, x1, c1));
            (d0, d1) = (FusedMultiplyAdd(w1, x0, d0), FusedMultiplyAdd(w1, x1, d1));
            row += tileStep;
            (x0, x1) = (Load(row), Load(row + 8));
            (d0, d1) = (FusedMultiplyAdd(w2, x0, d0), FusedMultiplyAdd(w2, x1, d1));
        }

        Store(a0, a1, output);
        Store(b0, b1, output + rowStep);
        Store(c0, c1, output + 2 * rowStep);
        Store(d0, d1, output + 3 * rowStep);
    }

    private static void Sum5(float* tile, nint tileStep, nint columnStep, float* weights, float* output, nint rowStep, bool accumulate)
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        if (accumulate)
        {
            (a0, a1, b0, b1) = (Load(output), Load(output + 8), Load(output + rowStep), Load(output + rowStep + 8));
            (c0, c1, d0, d1) = (Load(output + 2 * rowStep), Load(output + 2 * rowStep + 8), Load(output + 3 * rowStep), Load(output + 3 * rowStep + 8));
        }

        for (nint column = 0; column < 5; column++, tile += columnStep, weights++)
        {
            Vector256<float> w0 = Create(weights[0]), w1 = Create(weights[5]), w2 = Create(weights[10]), w3 = Create(weights[15]), w4 = Create(weights[20]);
            float* row = tile;
            Vector256<float> x0 = Load(row), x1 = Load(row + 8);
            (a0, a1) = (FusedMultiplyAdd(w0, x0, a0), FusedMultiplyAdd(w0, x1, a1));
            row += tileStep;
            (x0, x1) = (Load(row), Load(row + 8));
            (a0, a1) = (FusedMultiplyAdd(w1, x0, a0), FusedMultiplyAdd(w1, x1, a1));
            (b0, b1) = (FusedMultiplyAdd(w0, x0, b0), FusedMultiplyAdd(w0, x1, b1));
            row += tileStep;
            (x0, x1) = (Load(row), Load(row + 8));
            (a0, a1) = (FusedMultiplyAdd(w2, x0, a0), FusedMultiplyAdd(w2, x1, a1));
            (b0, b1) = (FusedMultiplyAdd(w1, x0, b0), FusedMultiplyAdd(w1, x1, b1));
            (c0, c1) = (FusedMultiplyAdd(w0, x0, c0), FusedMultiplyAdd(w0, x1, c1));
            row += tileStep;
            (x0, x1) = (Load(row), Load(row + 8));
            (a0, a1) = (FusedMultiplyAdd(w3, x0, a0), FusedMultiplyAdd(w3, x1, a1));
            (b0, b1) = (FusedMultiplyAdd(w2, x0, b0), FusedMultiplyAdd(w2, x1, b1));
            (c0, c1) = (FusedMultiplyAdd(w1, x0, c0), FusedMultiplyAdd(w1, x1, c1));
            (d0, d1) = (FusedMultiplyAdd(w0, x0, d0), FusedMultiplyAdd(w0, x1, d1));
            row += tileStep;
            (x0, x1) = (Load(row), Load(row + 8));
            (a0, a1) = (FusedMultiplyAdd(w4, x0, a0), FusedMultiplyAdd(w4, x1, a1));
            (b0, b1) = (FusedMultiplyAdd(w3, x0, b0), FusedMultiplyAdd(w3, x1, b1));
            (c0, c1) = (FusedMultiplyAdd(w2, x0, c0), FusedMultiplyAdd(w2, x1, c1));
            (d0, d1) = (FusedMultiplyAdd(w1, x0, d0), FusedMultiplyAdd(w1, x1, d1));
            row += tileStep;
            (x0, x1) = (Load(row), Load(row + 8));
            (b0, b1) = (FusedMultiplyAdd(w4, x0, b0), FusedMultiplyAdd(w4, x1, b1));
            (c0, c1) = (FusedMultiplyAdd(w3, x0, c0), FusedMultiplyAdd(w3, x1, c1));
            (d0, d1) = (FusedMultiplyAdd(w2, x0, d0), FusedMultiplyAdd(w2, x1, d1));
            row += tileStep;
            (x0, x1) = (Load(row), Load(row + 8));
            (c0, c1) = (FusedMultiplyAdd(w4, x0, c0), FusedMultiplyAdd(w4, x1, c1));
            (d0, d1) = (FusedMultiplyAdd(w3, x0, d0), FusedMultiplyAdd(w3, x1, d1));
            row += tileStep;
            (x0, x1) = (Load(row), Load(row + 8));
            (d0, d1) = (FusedMultiplyAdd(w4, x0, d0), FusedMultiplyAdd(w4, x1, d1));
        }

        Store(a0, a1, output);
        Store(b0, b1, output + rowStep);
        Store(c0, c1, output + 2 * rowStep);
        Store(d0, d1, output + 3 * rowStep);
    }

    private static void Store(Vector256<float> first, Vector256<float> second, float* output)
    {
        Vector256.Store(first, output);
        Vector256.Store(second, output + 8);
    }
}
