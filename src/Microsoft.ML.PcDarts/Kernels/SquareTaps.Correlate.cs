using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <content>Gradients of the weights.</content>
internal static unsafe partial class SquareTaps
{
    /// <summary>As <see cref="TapConvolution.Correlate"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Correlate(float* tile, Taps taps, float* gradient, int stride, int rows, float* lanes)
    {
        nint tileStep = stride + PlaneShape.Lanes, dilation = taps.Dilation;
        float* first = tile - taps.Kernel / 2 * dilation * (tileStep + 1);
        for (int column = 0; column < taps.Kernel; column++, first += dilation, lanes += PlaneShape.Lanes)
        {
            if (taps.Kernel == 3)
                Correlate3(first, gradient, tileStep, dilation, stride, rows, lanes);
            else
                Correlate5(first, gradient, tileStep, dilation, stride, rows, lanes);
        }
    }

    // Two sums a tap, for even and for odd rows, hide the latency of multiply-add.
    private static void Correlate3(float* tile, float* gradient, nint tileStep, nint dilation, nint stride, nint rows, float* lanes)
    {
        Vector256<float> even0 = default, even1 = default, even2 = default, odd0 = default, odd1 = default, odd2 = default;
        nint step = tileStep * dilation;
        for (nint parity = 0; parity < dilation; parity++)
        {
            for (nint row = parity; row < rows; row += 4 * dilation)
            {
                for (nint column = 0; column < stride; column += 8)
                {
                    float* source = gradient + row * tileStep + column;
                    Vector256<float> g0 = Load(source), g1 = Load(source + step), g2 = Load(source + 2 * step), g3 = Load(source + 3 * step);
                    source = tile + row * tileStep + column;
                    Vector256<float> x = Load(source);
                    even0 = FusedMultiplyAdd(g0, x, even0);
                    source += step;
                    x = Load(source);
                    (even1, odd0) = (FusedMultiplyAdd(g0, x, even1), FusedMultiplyAdd(g1, x, odd0));
                    source += step;
                    x = Load(source);
                    (even2, odd1, even0) = (FusedMultiplyAdd(g0, x, even2), FusedMultiplyAdd(g1, x, odd1), FusedMultiplyAdd(g2, x, even0));
                    source += step;
                    x = Load(source);
                    (odd2, even1, odd0) = (FusedMultiplyAdd(g1, x, odd2), FusedMultiplyAdd(g2, x, even1), FusedMultiplyAdd(g3, x, odd0));
                    source += step;
                    x = Load(source);
                    (even2, odd1) = (FusedMultiplyAdd(g2, x, even2), FusedMultiplyAdd(g3, x, odd1));
                    source += step;
                    odd2 = FusedMultiplyAdd(g3, Load(source), odd2);
                }
            }
        }

        Add(even0 + odd0, lanes);
        Add(even1 + odd1, lanes + 3 * PlaneShape.Lanes);
        Add(even2 + odd2, lanes + 6 * PlaneShape.Lanes);
    }

    private static void Correlate5(float* tile, float* gradient, nint tileStep, nint dilation, nint stride, nint rows, float* lanes)
    {
        Vector256<float> even0 = default, even1 = default, even2 = default, even3 = default, even4 = default;
        Vector256<float> odd0 = default, odd1 = default, odd2 = default, odd3 = default, odd4 = default;
        nint step = tileStep * dilation;
        for (nint parity = 0; parity < dilation; parity++)
        {
            for (nint row = parity; row < rows; row += 4 * dilation)
            {
                for (nint column = 0; column < stride; column += 8)
                {
                    float* source = gradient + row * tileStep + column;
                    Vector256<float> g0 = Load(source), g1 = Load(source + step), g2 = Load(source + 2 * step), g3 = Load(source + 3 * step);
                    source = tile + row * tileStep + column;
                    Vector256<float> x = Load(source);
                    even0 = FusedMultiplyAdd(g0, x, even0);
                    source += step;
                    x = Load(source);
                    (even1, odd0) = (FusedMultiplyAdd(g0, x, even1), FusedMultiplyAdd(g1, x, odd0));
                    source += step;
                    x = Load(source);
                    (even2, odd1, even0) = (FusedMultiplyAdd(g0, x, even2), FusedMultiplyAdd(g1, x, odd1), FusedMultiplyAdd(g2, x, even0));
                    source += step;
                    x = Load(source);
                    (even3, odd2) = (FusedMultiplyAdd(g0, x, even3), FusedMultiplyAdd(g1, x, odd2));
                    (even1, odd0) = (FusedMultiplyAdd(g2, x, even1), FusedMultiplyAdd(g3, x, odd0));
                    source += step;
                    x = Load(source);
                    (even4, odd3) = (FusedMultiplyAdd(g0, x, even4), FusedMultiplyAdd(g1, x, odd3));
                    (even2, odd1) = (FusedMultiplyAdd(g2, x, even2), FusedMultiplyAdd(g3, x, odd1));
                    source += step;
                    x = Load(source);
                    (odd4, even3, odd2) = (FusedMultiplyAdd(g1, x, odd4), FusedMultiplyAdd(g2, x, even3), FusedMultiplyAdd(g3, x, odd2));
                    source += step;
                    x = Load(source);
                    (even4, odd3) = (FusedMultiplyAdd(g2, x, even4), FusedMultiplyAdd(g3, x, odd3));
                    source += step;
                    odd4 = FusedMultiplyAdd(g3, Load(source), odd4);
                }
            }
        }

        Add(even0 + odd0, lanes);
        Add(even1 + odd1, lanes + 5 * PlaneShape.Lanes);
        Add(even2 + odd2, lanes + 10 * PlaneShape.Lanes);
        Add(even3 + odd3, lanes + 15 * PlaneShape.Lanes);
        Add(even4 + odd4, lanes + 20 * PlaneShape.Lanes);
    }

    private static void Add(Vector256<float> sum, float* lanes) => Vector256.Store(Load(lanes) + sum, lanes);
}
