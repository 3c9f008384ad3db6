using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// A depthwise convolution of one plane as a weighted sum of shifted tiles. Kernel size, dilation and stride are nothing but offsets (see <see cref="Taps"/>).
/// </summary>
/// <remarks>Eight vectors are summed at a time, which hides the latency of multiply-add and loads each weight once for them.</remarks>
internal static unsafe class TapConvolution
{
    /// <summary>The convolution in its fastest form: with the taps' own offsets, so that reversed weights give the transposed convolution at stride 1.</summary>
    internal static void Sum(float* tile, Taps taps, float* weights, float* output, int stride, int rows, bool accumulate)
    {
        int done = SquareTaps.Know(taps) ? SquareTaps.Sum(tile, taps, weights, output, stride, rows, accumulate) : 0;
        if (done < stride)
            Sum(tile, taps.Forward, weights, taps.Count, output, stride, rows, accumulate, done);
    }

    /// <summary>output[y, x] = Σ weights[t] · tile[offsets[t] + (y, x)], or += when <paramref name="accumulate"/>.</summary>
    /// <param name="tile">The tile's first pixel; its rows are <paramref name="stride"/> + 8 floats apart.</param>
    /// <param name="offsets">Offset of each tap in floats.</param>
    /// <param name="weights">Weight of each tap.</param>
    /// <param name="taps">Number of taps.</param>
    /// <param name="output">A plane; up to 7 rows beyond the last are written.</param>
    /// <param name="stride">Floats of a row of the output, a multiple of 8.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="accumulate">Whether to add to the output.</param>
    /// <param name="column">First column to compute, a multiple of 8.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Sum(float* tile, int* offsets, float* weights, int taps, float* output, int stride, int rows, bool accumulate, nint column = 0)
    {
        nint rowStep = stride, tileStep = stride + PlaneShape.Lanes;
        for (; stride - column >= 16; column += 16)
        {
            for (nint row = 0; row < rows; row += 4)
                Sum2x4(tile + row * tileStep + column, offsets, weights, taps, output + row * rowStep + column, tileStep, rowStep, accumulate);
        }

        if (stride - column >= 8)
        {
            nint row = 0;
            for (; rows - row > 4; row += 8)
                Sum1x8(tile + row * tileStep + column, offsets, weights, taps, output + row * rowStep + column, tileStep, rowStep, accumulate);
            if (row < rows)
                Sum1x4(tile + row * tileStep + column, offsets, weights, taps, output + row * rowStep + column, tileStep, rowStep, accumulate);
        }
    }

    /// <summary>
    /// The gradient of the weights: lanes[t] += Σ gradient[y, x] · tile[offsets[t] + (y, x)], eight partial sums a tap. Both arguments are tiles.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Correlate(float* tile, Taps taps, float* gradient, int stride, int rows, float* lanes)
    {
        if (SquareTaps.Know(taps))
        {
            SquareTaps.Correlate(tile, taps, gradient, stride, rows, lanes);
            return;
        }

        int tap = 0, count = taps.Count;
        int* offsets = taps.Forward;
        for (; count - tap >= 5; tap += 5)
            Correlate5(tile, offsets + tap, gradient, stride, rows, lanes + tap * PlaneShape.Lanes);
        for (; tap < count; tap++)
            Correlate1(tile + offsets[tap], gradient, stride, rows, lanes + tap * PlaneShape.Lanes);
    }

    private static void Sum2x4(float* tile, int* offsets, float* weights, int taps, float* output, nint tileStep, nint rowStep, bool accumulate)
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        float* row1 = output + rowStep;
        float* row2 = row1 + rowStep;
        float* row3 = row2 + rowStep;
        if (accumulate)
        {
            (a0, a1, b0, b1) = (Load(output), Load(output + 8), Load(row1), Load(row1 + 8));
            (c0, c1, d0, d1) = (Load(row2), Load(row2 + 8), Load(row3), Load(row3 + 8));
        }

        for (nint t = 0; t < taps; t++)
        {
            float* a = tile + offsets[t];
            float* b = a + tileStep;
            float* c = b + tileStep;
            float* d = c + tileStep;
            Vector256<float> w = Create(weights[t]);
            a0 = FusedMultiplyAdd(w, Load(a), a0);
            a1 = FusedMultiplyAdd(w, Load(a + 8), a1);
            b0 = FusedMultiplyAdd(w, Load(b), b0);
            b1 = FusedMultiplyAdd(w, Load(b + 8), b1);
            c0 = FusedMultiplyAdd(w, Load(c), c0);
            c1 = FusedMultiplyAdd(w, Load(c + 8), c1);
            d0 = FusedMultiplyAdd(w, Load(d), d0);
            d1 = FusedMultiplyAdd(w, Load(d + 8), d1);
        }

        Vector256.Store(a0, output);
        Vector256.Store(a1, output + 8);
        Vector256.Store(b0, row1);
        Vector256.Store(b1, row1 + 8);
        Vector256.Store(c0, row2);
        Vector256.Store(c1, row2 + 8);
        Vector256.Store(d0, row3);
        Vector256.Store(d1, row3 + 8);
    }

    private static void Sum1x8(float* tile, int* offsets, float* weights, int taps, float* output, nint tileStep, nint rowStep, bool accumulate)
    {
        Vector256<float> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        float* half = output + 4 * rowStep;
        if (accumulate)
        {
            (a, b, c, d) = (Load(output), Load(output + rowStep), Load(output + 2 * rowStep), Load(output + 3 * rowStep));
            (e, f, g, h) = (Load(half), Load(half + rowStep), Load(half + 2 * rowStep), Load(half + 3 * rowStep));
        }

        nint twoSteps = 2 * tileStep, threeSteps = 3 * tileStep, fourSteps = 4 * tileStep;
        for (nint t = 0; t < taps; t++)
        {
            float* upper = tile + offsets[t];
            float* lower = upper + fourSteps;
            Vector256<float> w = Create(weights[t]);
            a = FusedMultiplyAdd(w, Load(upper), a);
            b = FusedMultiplyAdd(w, Load(upper + tileStep), b);
            c = FusedMultiplyAdd(w, Load(upper + twoSteps), c);
            d = FusedMultiplyAdd(w, Load(upper + threeSteps), d);
            e = FusedMultiplyAdd(w, Load(lower), e);
            f = FusedMultiplyAdd(w, Load(lower + tileStep), f);
            g = FusedMultiplyAdd(w, Load(lower + twoSteps), g);
            h = FusedMultiplyAdd(w, Load(lower + threeSteps), h);
        }

        Vector256.Store(a, output);
        Vector256.Store(b, output + rowStep);
        Vector256.Store(c, output + 2 * rowStep);
        Vector256.Store(d, output + 3 * rowStep);
        Vector256.Store(e, half);
        Vector256.Store(f, half + rowStep);
        Vector256.Store(g, half + 2 * rowStep);
        Vector256.Store(h, half + 3 * rowStep);
    }

    private static void Sum1x4(float* tile, int* offsets, float* weights, int taps, float* output, nint tileStep, nint rowStep, bool accumulate)
    {
        Vector256<float> a = default, b = default, c = default, d = default;
        if (accumulate)
            (a, b, c, d) = (Load(output), Load(output + rowStep), Load(output + 2 * rowStep), Load(output + 3 * rowStep));
        nint twoSteps = 2 * tileStep, threeSteps = 3 * tileStep;
        for (nint t = 0; t < taps; t++)
        {
            float* row = tile + offsets[t];
            Vector256<float> w = Create(weights[t]);
            a = FusedMultiplyAdd(w, Load(row), a);
            b = FusedMultiplyAdd(w, Load(row + tileStep), b);
            c = FusedMultiplyAdd(w, Load(row + twoSteps), c);
            d = FusedMultiplyAdd(w, Load(row + threeSteps), d);
        }

        Vector256.Store(a, output);
        Vector256.Store(b, output + rowStep);
        Vector256.Store(c, output + 2 * rowStep);
        Vector256.Store(d, output + 3 * rowStep);
    }

    private static void Correlate5(float* tile, int* offsets, float* gradient, nint stride, nint rows, float* lanes)
    {
        Vector256<float> s0 = Load(lanes), s1 = Load(lanes + 8), s2 = Load(lanes + 16), s3 = Load(lanes + 24), s4 = Load(lanes + 32);
        nint o0 = offsets[0], o1 = offsets[1], o2 = offsets[2], o3 = offsets[3], o4 = offsets[4];
        for (nint row = 0; row < rows; row++)
        {
            float* end = gradient + stride;
            for (; gradient < end; gradient += 8, tile += 8)
            {
                Vector256<float> g = Load(gradient);
                s0 = FusedMultiplyAdd(g, Load(tile + o0), s0);
                s1 = FusedMultiplyAdd(g, Load(tile + o1), s1);
                s2 = FusedMultiplyAdd(g, Load(tile + o2), s2);
                s3 = FusedMultiplyAdd(g, Load(tile + o3), s3);
                s4 = FusedMultiplyAdd(g, Load(tile + o4), s4);
            }

            gradient += PlaneShape.Lanes;
            tile += PlaneShape.Lanes;
        }

        Vector256.Store(s0, lanes);
        Vector256.Store(s1, lanes + 8);
        Vector256.Store(s2, lanes + 16);
        Vector256.Store(s3, lanes + 24);
        Vector256.Store(s4, lanes + 32);
    }

    private static void Correlate1(float* tile, float* gradient, nint stride, nint rows, float* lanes)
    {
        Vector256<float> sum = Load(lanes);
        for (nint row = 0; row < rows; row++)
        {
            float* end = gradient + stride;
            for (; gradient < end; gradient += 8, tile += 8)
                sum = FusedMultiplyAdd(Load(gradient), Load(tile), sum);
            gradient += PlaneShape.Lanes;
            tile += PlaneShape.Lanes;
        }

        Vector256.Store(sum, lanes);
    }
}
