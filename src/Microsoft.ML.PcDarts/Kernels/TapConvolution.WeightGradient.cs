using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <content>Plane kernels: the gradient of a depthwise convolution's weights.</content>
internal static unsafe partial class TapConvolution
{
    /// <summary>laneSums[t] += Σ gradient[y, x] · tile[offsets[t] + (y, x)], eight partial sums a tap, one for each lane.</summary>
    /// <param name="tile">The first pixel of the input's tile.</param>
    /// <param name="taps">The taps of the convolution.</param>
    /// <param name="gradient">The first pixel of the tile of the output's gradient.</param>
    /// <param name="rowStride">Floats from one row of the output's row plane to the next; tiles have 8 more.</param>
    /// <param name="rows">Rows of the output.</param>
    /// <param name="laneSums">Receives the sums.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void AddWeightGradient(float* tile, Taps taps, float* gradient, int rowStride, int rows, float* laneSums)
    {
        if (ColumnConvolution.Supports(taps))
        {
            ColumnConvolution.AddWeightGradient(tile, taps, gradient, rowStride, rows, laneSums);
            return;
        }

        int tap = 0, count = taps.Count;
        int* offsets = taps.ForwardOffsets;
        for (; count - tap >= 5; tap += 5)
            AddGradients5(tile, offsets + tap, gradient, rowStride, rows, laneSums + tap * PlaneShape.Lanes);
        for (; tap < count; tap++)
            AddGradient(tile + offsets[tap], gradient, rowStride, rows, laneSums + tap * PlaneShape.Lanes);
    }

    private static void AddGradients5(float* tile, int* offsets, float* gradient, nint rowStride, nint rows, float* laneSums)
    {
        Vector256<float> sum0 = Load(laneSums), sum1 = Load(laneSums + 8), sum2 = Load(laneSums + 16);
        Vector256<float> sum3 = Load(laneSums + 24), sum4 = Load(laneSums + 32);
        nint offset0 = offsets[0], offset1 = offsets[1], offset2 = offsets[2], offset3 = offsets[3], offset4 = offsets[4];
        for (nint row = 0; row < rows; row++)
        {
            float* end = gradient + rowStride;
            for (; gradient < end; gradient += 8, tile += 8)
            {
                Vector256<float> g = Load(gradient);
                sum0 = FusedMultiplyAdd(g, Load(tile + offset0), sum0);
                sum1 = FusedMultiplyAdd(g, Load(tile + offset1), sum1);
                sum2 = FusedMultiplyAdd(g, Load(tile + offset2), sum2);
                sum3 = FusedMultiplyAdd(g, Load(tile + offset3), sum3);
                sum4 = FusedMultiplyAdd(g, Load(tile + offset4), sum4);
            }

            gradient += PlaneShape.Lanes;
            tile += PlaneShape.Lanes;
        }

        Vector256.Store(sum0, laneSums);
        Vector256.Store(sum1, laneSums + 8);
        Vector256.Store(sum2, laneSums + 16);
        Vector256.Store(sum3, laneSums + 24);
        Vector256.Store(sum4, laneSums + 32);
    }

    private static void AddGradient(float* tile, float* gradient, nint rowStride, nint rows, float* laneSums)
    {
        Vector256<float> sum = Load(laneSums);
        for (nint row = 0; row < rows; row++)
        {
            float* end = gradient + rowStride;
            for (; gradient < end; gradient += 8, tile += 8)
                sum = FusedMultiplyAdd(Load(gradient), Load(tile), sum);
            gradient += PlaneShape.Lanes;
            tile += PlaneShape.Lanes;
        }

        Vector256.Store(sum, laneSums);
    }
}
