using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <content>The gradient of the matrix.</content>
internal static unsafe partial class Pointwise
{
    private const int OuterPixels = 512;

    /// <summary>The gradient of the matrix: gradient[o · inputs + i] += Σ left[o] · right[i] over the pixels.</summary>
    /// <param name="left">Planes of the output's gradient.</param>
    /// <param name="leftStride">Floats from one of them to the next.</param>
    /// <param name="outputs">Their number.</param>
    /// <param name="right">Planes of the input.</param>
    /// <param name="rightStride">Floats from one of them to the next.</param>
    /// <param name="inputs">Their number.</param>
    /// <param name="count">Floats of a plane, a multiple of 8.</param>
    /// <param name="gradient">Receives the sums.</param>
    /// <param name="turned">Memory of <see cref="TurnedFloats"/>, or null to do without.</param>
    internal static void Outer(
        float* left, nint leftStride, int outputs, float* right, nint rightStride, int inputs, nint count, float* gradient, float* turned)
    {
        // Blocks of pixels whose rows by six stay in the first cache.
        for (nint start = 0; start < count; start += OuterPixels)
            OuterBlock(left + start, leftStride, outputs, right + start, rightStride, inputs, Math.Min(OuterPixels, count - start), gradient, count <= LargestTurned ? turned : null);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OuterBlock(
        float* left, nint leftStride, int outputs, float* right, nint rightStride, int inputs, nint count, float* gradient, float* turned)
    {
        int o = 0, sixes = Sixes(outputs), firstInput = 0;
        if (turned != null && sixes > 0)
        {
            OuterTurned(left, leftStride, sixes, right, rightStride, inputs, count, gradient, turned);
            firstInput = inputs / Lanes * Lanes;
        }

        for (; o < sixes; o += 6)
        {
            float* rows = left + o * leftStride;
            int i = firstInput;
            for (; inputs - i >= 2; i += 2)
                Outer6x2(rows, leftStride, right + i * rightStride, rightStride, count, gradient + o * inputs + i, inputs);
            if (i < inputs)
                OuterRest(rows, leftStride, 6, right + i * rightStride, count, gradient + o * inputs + i, inputs);
        }

        for (; outputs - o >= 4; o += 4)
        {
            int i = 0;
            for (; inputs - i >= 2; i += 2)
                Outer4x2(left + o * leftStride, leftStride, right + i * rightStride, rightStride, count, gradient + o * inputs + i, inputs);
            if (i < inputs)
                OuterRest(left + o * leftStride, leftStride, 4, right + i * rightStride, count, gradient + o * inputs + i, inputs);
        }

        for (int i = 0; o < outputs && i < inputs; i++)
            OuterRest(left + o * leftStride, leftStride, outputs - o, right + i * rightStride, count, gradient + o * inputs + i, inputs);
    }

    private static void Outer6x2(float* left, nint leftStride, float* right, nint rightStride, nint count, float* gradient, nint inputs)
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default;
        Vector256<float> d0 = default, d1 = default, e0 = default, e1 = default, f0 = default, f1 = default;
        float* b = left + leftStride;
        float* c = b + leftStride;
        float* d = c + leftStride;
        float* e = d + leftStride;
        float* f = e + leftStride;
        float* other = right + rightStride;
        for (nint pixel = 0; pixel < count; pixel += 8)
        {
            Vector256<float> x0 = Load(right + pixel), x1 = Load(other + pixel);
            Vector256<float> g = Load(left + pixel);
            a0 = FusedMultiplyAdd(g, x0, a0);
            a1 = FusedMultiplyAdd(g, x1, a1);
            g = Load(b + pixel);
            b0 = FusedMultiplyAdd(g, x0, b0);
            b1 = FusedMultiplyAdd(g, x1, b1);
            g = Load(c + pixel);
            c0 = FusedMultiplyAdd(g, x0, c0);
            c1 = FusedMultiplyAdd(g, x1, c1);
            g = Load(d + pixel);
            d0 = FusedMultiplyAdd(g, x0, d0);
            d1 = FusedMultiplyAdd(g, x1, d1);
            g = Load(e + pixel);
            e0 = FusedMultiplyAdd(g, x0, e0);
            e1 = FusedMultiplyAdd(g, x1, e1);
            g = Load(f + pixel);
            f0 = FusedMultiplyAdd(g, x0, f0);
            f1 = FusedMultiplyAdd(g, x1, f1);
        }

        AddPair(Pairs(a0, a1, b0, b1), gradient, gradient + inputs);
        AddPair(Pairs(c0, c1, d0, d1), gradient + 2 * inputs, gradient + 3 * inputs);
        AddPair(Pairs(e0, e1, f0, f1), gradient + 4 * inputs, gradient + 5 * inputs);
    }

    private static void Outer4x2(float* left, nint leftStride, float* right, nint rightStride, nint count, float* gradient, nint inputs)
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        float* b = left + leftStride;
        float* c = b + leftStride;
        float* d = c + leftStride;
        float* other = right + rightStride;
        for (nint pixel = 0; pixel < count; pixel += 8)
        {
            Vector256<float> x0 = Load(right + pixel), x1 = Load(other + pixel);
            Vector256<float> g = Load(left + pixel);
            a0 = FusedMultiplyAdd(g, x0, a0);
            a1 = FusedMultiplyAdd(g, x1, a1);
            g = Load(b + pixel);
            b0 = FusedMultiplyAdd(g, x0, b0);
            b1 = FusedMultiplyAdd(g, x1, b1);
            g = Load(c + pixel);
            c0 = FusedMultiplyAdd(g, x0, c0);
            c1 = FusedMultiplyAdd(g, x1, c1);
            g = Load(d + pixel);
            d0 = FusedMultiplyAdd(g, x0, d0);
            d1 = FusedMultiplyAdd(g, x1, d1);
        }

        AddPair(Pairs(a0, a1, b0, b1), gradient, gradient + inputs);
        AddPair(Pairs(c0, c1, d0, d1), gradient + 2 * inputs, gradient + 3 * inputs);
    }

    /// <summary>The sums of the lanes of four vectors.</summary>
    private static Vector128<float> Pairs(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        if (!Avx.IsSupported)
            return Vector128.Create(Vector256.Sum(a), Vector256.Sum(b), Vector256.Sum(c), Vector256.Sum(d));
        Vector256<float> halves = Avx.HorizontalAdd(Avx.HorizontalAdd(a, b), Avx.HorizontalAdd(c, d));
        return halves.GetLower() + halves.GetUpper();
    }

    private static void AddPair(Vector128<float> sums, float* first, float* second)
    {
        Vector64.Store(Vector64.Load(first) + sums.GetLower(), first);
        Vector64.Store(Vector64.Load(second) + sums.GetUpper(), second);
    }

    private static void OuterRest(float* left, nint leftStride, int outputs, float* right, nint count, float* gradient, nint inputs)
    {
        for (int o = 0; o < outputs; o++)
        {
            Vector256<float> sum = default;
            for (nint pixel = 0; pixel < count; pixel += 8)
                sum = FusedMultiplyAdd(Load(left + o * leftStride + pixel), Load(right + pixel), sum);
            gradient[o * inputs] += Vector256.Sum(sum);
        }
    }
}
