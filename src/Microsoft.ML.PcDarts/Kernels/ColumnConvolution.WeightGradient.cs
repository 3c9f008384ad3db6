using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <content>Plane kernels: the gradient of the weights of 3×3 and 5×5 convolutions at stride 1.</content>
internal static unsafe partial class ColumnConvolution
{
    /// <summary>As <see cref="TapConvolution.AddWeightGradient"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void AddWeightGradient(float* tile, Taps taps, float* gradient, int rowStride, int rows, float* laneSums)
    {
        nint tileRowStride = rowStride + PlaneShape.Lanes, dilation = taps.Dilation;
        float* first = tile - taps.Kernel / 2 * dilation * (tileRowStride + 1);
        for (int column = 0; column < taps.Kernel; column++, first += dilation, laneSums += PlaneShape.Lanes)
        {
            if (taps.Kernel == 3)
                AddGradients3(first, gradient, tileRowStride, dilation, rowStride, rows, laneSums);
            else
                AddGradients5(first, gradient, tileRowStride, dilation, rowStride, rows, laneSums);
        }
    }

    // Four rows of the gradient against six or eight of the input. Two sums a tap, for even and odd rows, hide the latency of multiply-add.
    private static void AddGradients3(
        float* tile, float* gradient, nint tileRowStride, nint dilation, nint rowStride, nint rows, float* laneSums)
    {
        Vector256<float> even0 = default, even1 = default, even2 = default, odd0 = default, odd1 = default, odd2 = default;
        nint dilatedStride = tileRowStride * dilation;
        for (nint parity = 0; parity < dilation; parity++)
        {
            for (nint row = parity; row < rows; row += 4 * dilation)
            {
                for (nint column = 0; column < rowStride; column += 8)
                {
                    float* source = gradient + row * tileRowStride + column;
                    Vector256<float> g0 = Load(source), g1 = Load(source + dilatedStride);
                    Vector256<float> g2 = Load(source + 2 * dilatedStride), g3 = Load(source + 3 * dilatedStride);
                    source = tile + row * tileRowStride + column;
                    Vector256<float> x = Load(source);
                    even0 = FusedMultiplyAdd(g0, x, even0);
                    source += dilatedStride;
                    x = Load(source);
                    (even1, odd0) = (FusedMultiplyAdd(g0, x, even1), FusedMultiplyAdd(g1, x, odd0));
                    source += dilatedStride;
                    x = Load(source);
                    (even2, odd1, even0) = (FusedMultiplyAdd(g0, x, even2), FusedMultiplyAdd(g1, x, odd1), FusedMultiplyAdd(g2, x, even0));
                    source += dilatedStride;
                    x = Load(source);
                    (odd2, even1, odd0) = (FusedMultiplyAdd(g1, x, odd2), FusedMultiplyAdd(g2, x, even1), FusedMultiplyAdd(g3, x, odd0));
                    source += dilatedStride;
                    x = Load(source);
                    (even2, odd1) = (FusedMultiplyAdd(g2, x, even2), FusedMultiplyAdd(g3, x, odd1));
                    source += dilatedStride;
                    odd2 = FusedMultiplyAdd(g3, Load(source), odd2);
                }
            }
        }

        Accumulate(even0 + odd0, laneSums);
        Accumulate(even1 + odd1, laneSums + 3 * PlaneShape.Lanes);
        Accumulate(even2 + odd2, laneSums + 6 * PlaneShape.Lanes);
    }

    private static void AddGradients5(
        float* tile, float* gradient, nint tileRowStride, nint dilation, nint rowStride, nint rows, float* laneSums)
    {
        Vector256<float> even0 = default, even1 = default, even2 = default, even3 = default, even4 = default;
        Vector256<float> odd0 = default, odd1 = default, odd2 = default, odd3 = default, odd4 = default;
        nint dilatedStride = tileRowStride * dilation;
        for (nint parity = 0; parity < dilation; parity++)
        {
            for (nint row = parity; row < rows; row += 4 * dilation)
            {
                for (nint column = 0; column < rowStride; column += 8)
                {
                    float* source = gradient + row * tileRowStride + column;
                    Vector256<float> g0 = Load(source), g1 = Load(source + dilatedStride);
                    Vector256<float> g2 = Load(source + 2 * dilatedStride), g3 = Load(source + 3 * dilatedStride);
                    source = tile + row * tileRowStride + column;
                    Vector256<float> x = Load(source);
                    even0 = FusedMultiplyAdd(g0, x, even0);
                    source += dilatedStride;
                    x = Load(source);
                    (even1, odd0) = (FusedMultiplyAdd(g0, x, even1), FusedMultiplyAdd(g1, x, odd0));
                    source += dilatedStride;
                    x = Load(source);
                    (even2, odd1, even0) = (FusedMultiplyAdd(g0, x, even2), FusedMultiplyAdd(g1, x, odd1), FusedMultiplyAdd(g2, x, even0));
                    source += dilatedStride;
                    x = Load(source);
                    (even3, odd2) = (FusedMultiplyAdd(g0, x, even3), FusedMultiplyAdd(g1, x, odd2));
                    (even1, odd0) = (FusedMultiplyAdd(g2, x, even1), FusedMultiplyAdd(g3, x, odd0));
                    source += dilatedStride;
                    x = Load(source);
                    (even4, odd3) = (FusedMultiplyAdd(g0, x, even4), FusedMultiplyAdd(g1, x, odd3));
                    (even2, odd1) = (FusedMultiplyAdd(g2, x, even2), FusedMultiplyAdd(g3, x, odd1));
                    source += dilatedStride;
                    x = Load(source);
                    (odd4, even3, odd2) = (FusedMultiplyAdd(g1, x, odd4), FusedMultiplyAdd(g2, x, even3), FusedMultiplyAdd(g3, x, odd2));
                    source += dilatedStride;
                    x = Load(source);
                    (even4, odd3) = (FusedMultiplyAdd(g2, x, even4), FusedMultiplyAdd(g3, x, odd3));
                    source += dilatedStride;
                    odd4 = FusedMultiplyAdd(g3, Load(source), odd4);
                }
            }
        }

        Accumulate(even0 + odd0, laneSums);
        Accumulate(even1 + odd1, laneSums + 5 * PlaneShape.Lanes);
        Accumulate(even2 + odd2, laneSums + 10 * PlaneShape.Lanes);
        Accumulate(even3 + odd3, laneSums + 15 * PlaneShape.Lanes);
        Accumulate(even4 + odd4, laneSums + 20 * PlaneShape.Lanes);
    }

    private static void Accumulate(Vector256<float> sum, float* laneSums) => Vector256.Store(Load(laneSums) + sum, laneSums);
}
