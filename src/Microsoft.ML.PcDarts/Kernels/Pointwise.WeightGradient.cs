using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <content>Plane kernels: the gradient of the matrix of a 1×1 convolution.</content>
internal static unsafe partial class Pointwise
{
    /// <summary>Pixels of a block, of which six planes stay in the first cache.</summary>
    private const int BlockPixels = 512;

    /// <summary>gradient[o · inputs + i] += Σ left[o] · right[i] over the pixels.</summary>
    /// <param name="left">Planes of the output's gradient.</param>
    /// <param name="leftStride">Floats from one of them to the next.</param>
    /// <param name="outputs">Their number.</param>
    /// <param name="right">Planes of the input.</param>
    /// <param name="rightStride">Floats from one of them to the next.</param>
    /// <param name="inputs">Their number.</param>
    /// <param name="count">Floats of a plane, a multiple of 8.</param>
    /// <param name="gradient">[outputs, inputs], receives the sums.</param>
    /// <param name="transposed">Memory of <see cref="TransposedFloats"/>, or null not to transpose.</param>
    public static void AddWeightGradient(
        float* left, nint leftStride, int outputs, float* right, nint rightStride, int inputs, nint count, float* gradient,
        float* transposed)
    {
        float* memory = count <= MaximumTransposedPixels ? transposed : null;
        for (nint start = 0; start < count; start += BlockPixels)
        {
            nint pixels = Math.Min(BlockPixels, count - start);
            AddBlock(left + start, leftStride, outputs, right + start, rightStride, inputs, pixels, gradient, memory);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddBlock(
        float* left, nint leftStride, int outputs, float* right, nint rightStride, int inputs, nint count, float* gradient,
        float* transposed)
    {
        int o = 0, rowsBySix = RowsInBlocksOfSix(outputs), firstInput = 0;
        if (transposed != null && rowsBySix > 0)
        {
            AddTransposed(left, leftStride, rowsBySix, right, rightStride, inputs, count, gradient, transposed);
            firstInput = inputs / Lanes * Lanes;
        }

        for (; o < rowsBySix; o += 6, left += 6 * leftStride, gradient += 6 * inputs)
        {
            int i = firstInput;
            for (; inputs - i >= 2; i += 2)
                Dot6x2(left, leftStride, right + i * rightStride, rightStride, count, gradient + i, inputs);
            if (i < inputs)
                DotRows(left, leftStride, 6, right + i * rightStride, count, gradient + i, inputs);
        }

        for (; outputs - o >= 4; o += 4, left += 4 * leftStride, gradient += 4 * inputs)
        {
            int i = 0;
            for (; inputs - i >= 2; i += 2)
                Dot4x2(left, leftStride, right + i * rightStride, rightStride, count, gradient + i, inputs);
            if (i < inputs)
                DotRows(left, leftStride, 4, right + i * rightStride, count, gradient + i, inputs);
        }

        for (int i = 0; o < outputs && i < inputs; i++)
            DotRows(left, leftStride, outputs - o, right + i * rightStride, count, gradient + i, inputs);
    }

    // Dot products of rows of the left with planes of the right, by lanes until the last pixel.
    private static void Dot6x2(float* left, nint leftStride, float* right, nint rightStride, nint count, float* gradient, nint inputs)
    {
        Vector256<float> sum00 = default, sum01 = default, sum10 = default, sum11 = default, sum20 = default, sum21 = default;
        Vector256<float> sum30 = default, sum31 = default, sum40 = default, sum41 = default, sum50 = default, sum51 = default;
        float* left1 = left + leftStride;
        float* left2 = left1 + leftStride;
        float* left3 = left2 + leftStride;
        float* left4 = left3 + leftStride;
        float* left5 = left4 + leftStride;
        float* right1 = right + rightStride;
        for (nint pixel = 0; pixel < count; pixel += 8)
        {
            Vector256<float> x0 = Load(right + pixel), x1 = Load(right1 + pixel);
            Vector256<float> g = Load(left + pixel);
            sum00 = FusedMultiplyAdd(g, x0, sum00);
            sum01 = FusedMultiplyAdd(g, x1, sum01);
            g = Load(left1 + pixel);
            sum10 = FusedMultiplyAdd(g, x0, sum10);
            sum11 = FusedMultiplyAdd(g, x1, sum11);
            g = Load(left2 + pixel);
            sum20 = FusedMultiplyAdd(g, x0, sum20);
            sum21 = FusedMultiplyAdd(g, x1, sum21);
            g = Load(left3 + pixel);
            sum30 = FusedMultiplyAdd(g, x0, sum30);
            sum31 = FusedMultiplyAdd(g, x1, sum31);
            g = Load(left4 + pixel);
            sum40 = FusedMultiplyAdd(g, x0, sum40);
            sum41 = FusedMultiplyAdd(g, x1, sum41);
            g = Load(left5 + pixel);
            sum50 = FusedMultiplyAdd(g, x0, sum50);
            sum51 = FusedMultiplyAdd(g, x1, sum51);
        }

        AccumulateRows(LaneSums(sum00, sum01, sum10, sum11), gradient, gradient + inputs);
        AccumulateRows(LaneSums(sum20, sum21, sum30, sum31), gradient + 2 * inputs, gradient + 3 * inputs);
        AccumulateRows(LaneSums(sum40, sum41, sum50, sum51), gradient + 4 * inputs, gradient + 5 * inputs);
    }

    private static void Dot4x2(float* left, nint leftStride, float* right, nint rightStride, nint count, float* gradient, nint inputs)
    {
        Vector256<float> sum00 = default, sum01 = default, sum10 = default, sum11 = default;
        Vector256<float> sum20 = default, sum21 = default, sum30 = default, sum31 = default;
        float* left1 = left + leftStride;
        float* left2 = left1 + leftStride;
        float* left3 = left2 + leftStride;
        float* right1 = right + rightStride;
        for (nint pixel = 0; pixel < count; pixel += 8)
        {
            Vector256<float> x0 = Load(right + pixel), x1 = Load(right1 + pixel);
            Vector256<float> g = Load(left + pixel);
            sum00 = FusedMultiplyAdd(g, x0, sum00);
            sum01 = FusedMultiplyAdd(g, x1, sum01);
            g = Load(left1 + pixel);
            sum10 = FusedMultiplyAdd(g, x0, sum10);
            sum11 = FusedMultiplyAdd(g, x1, sum11);
            g = Load(left2 + pixel);
            sum20 = FusedMultiplyAdd(g, x0, sum20);
            sum21 = FusedMultiplyAdd(g, x1, sum21);
            g = Load(left3 + pixel);
            sum30 = FusedMultiplyAdd(g, x0, sum30);
            sum31 = FusedMultiplyAdd(g, x1, sum31);
        }

        AccumulateRows(LaneSums(sum00, sum01, sum10, sum11), gradient, gradient + inputs);
        AccumulateRows(LaneSums(sum20, sum21, sum30, sum31), gradient + 2 * inputs, gradient + 3 * inputs);
    }

    /// <summary>The sums of the lanes of four vectors.</summary>
    private static Vector128<float> LaneSums(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        if (!Avx.IsSupported)
            return Vector128.Create(Vector256.Sum(a), Vector256.Sum(b), Vector256.Sum(c), Vector256.Sum(d));
        Vector256<float> halves = Avx.HorizontalAdd(Avx.HorizontalAdd(a, b), Avx.HorizontalAdd(c, d));
        return halves.GetLower() + halves.GetUpper();
    }

    private static void AccumulateRows(Vector128<float> sums, float* first, float* second)
    {
        Vector64.Store(Vector64.Load(first) + sums.GetLower(), first);
        Vector64.Store(Vector64.Load(second) + sums.GetUpper(), second);
    }

    private static void DotRows(float* left, nint leftStride, int outputs, float* right, nint count, float* gradient, nint inputs)
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
