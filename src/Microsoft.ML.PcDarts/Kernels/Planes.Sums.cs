using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <content>Plane kernels: sums over a plane, for batch norms and the gradients of the mixture.</content>
internal static unsafe partial class Planes
{
    /// <summary>Mean of the pixels, and the sum of their squared distances from it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static (double Mean, double Squares) Moments(float* plane, PlaneShape shape)
    {
        double mean = Sum(plane, shape.PlaneFloats) / shape.Pixels;
        Vector256<float> center = Create((float)mean), squares0 = default, squares1 = default;
        nint i = 0;
        for (; i <= shape.PlaneFloats - 16; i += 16)
        {
            Vector256<float> x = Load(plane + i) - center, y = Load(plane + i + 8) - center;
            squares0 = FusedMultiplyAdd(x, x, squares0);
            squares1 = FusedMultiplyAdd(y, y, squares1);
        }

        if (i < shape.PlaneFloats)
        {
            Vector256<float> x = Load(plane + i) - center;
            squares0 = FusedMultiplyAdd(x, x, squares0);
        }

        double padding = (shape.PlaneFloats - shape.Pixels) * ((double)(float)mean * (float)mean);
        return (mean, Math.Max(0, Vector256.Sum(squares0 + squares1) - padding));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float Sum(float* plane, nint count)
    {
        Vector256<float> sum0 = default, sum1 = default;
        nint i = 0;
        for (; i <= count - 16; i += 16)
        {
            sum0 += Load(plane + i);
            sum1 += Load(plane + i + 8);
        }

        return Vector256.Sum(i < count ? sum0 + sum1 + Load(plane + i) : sum0 + sum1);
    }

    /// <summary>Σ gradient · (map − center).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float Dot(float* gradient, float* map, float center, nint count)
    {
        Vector256<float> c = Create(center), sum0 = default, sum1 = default;
        nint i = 0;
        for (; i <= count - 16; i += 16)
        {
            sum0 = FusedMultiplyAdd(Load(gradient + i), Load(map + i) - c, sum0);
            sum1 = FusedMultiplyAdd(Load(gradient + i + 8), Load(map + i + 8) - c, sum1);
        }

        return Vector256.Sum(i < count ? FusedMultiplyAdd(Load(gradient + i), Load(map + i) - c, sum0 + sum1) : sum0 + sum1);
    }

    /// <summary>Σ gradient and Σ gradient · (map − center).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static (float Sum, float Product) SumAndDot(float* gradient, float* map, float center, nint count)
    {
        Vector256<float> c = Create(center), sum0 = default, sum1 = default, product0 = default, product1 = default;
        nint i = 0;
        for (; i <= count - 16; i += 16)
        {
            Vector256<float> first = Load(gradient + i), second = Load(gradient + i + 8);
            sum0 += first;
            sum1 += second;
            product0 = FusedMultiplyAdd(first, Load(map + i) - c, product0);
            product1 = FusedMultiplyAdd(second, Load(map + i + 8) - c, product1);
        }

        if (i < count)
        {
            Vector256<float> last = Load(gradient + i);
            sum0 += last;
            product0 = FusedMultiplyAdd(last, Load(map + i) - c, product0);
        }

        return (Vector256.Sum(sum0 + sum1), Vector256.Sum(product0 + product1));
    }
}
