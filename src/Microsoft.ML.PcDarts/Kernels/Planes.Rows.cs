using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <content>Between planes and row planes (see <see cref="PlaneShape"/>). Rows are written from the first to the last, so that each overwrites the surplus of the one before.</content>
internal static unsafe partial class Planes
{
    /// <summary>Lanes of the last vector of a row that are inside it.</summary>
    internal static Vector256<float> InsideLastVector(PlaneShape shape)
        => GreaterThan(Create((float)(shape.Width - shape.Stride + PlaneShape.Lanes)), Create(0f, 1, 2, 3, 4, 5, 6, 7));

    /// <summary>Copies a row plane into a plane.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Compact(float* rows, float* plane, PlaneShape shape)
    {
        for (nint y = 0; y < shape.Height; y++)
        {
            for (nint x = 0; x < shape.Stride; x += 8)
                Vector256.Store(Load(rows + y * shape.Stride + x), plane + y * shape.Width + x);
        }

        ClearPadding(plane, shape);
    }

    /// <summary>output += rows, where the mask is positive if there is one.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void AddRows(float* rows, float* mask, float* output, PlaneShape shape)
    {
        Vector256<float> all = Create(-1).AsSingle(), last = InsideLastVector(shape);
        for (nint y = 0; y < shape.Height; y++)
        {
            for (nint x = 0; x < shape.Stride; x += 8)
            {
                nint i = y * shape.Width + x;
                Vector256<float> kept = x + 8 < shape.Stride ? all : last;
                if (mask != null)
                    kept &= GreaterThan(Load(mask + i), Vector256<float>.Zero);
                Vector256.Store(Load(output + i) + (Load(rows + y * shape.Stride + x) & kept), output + i);
            }
        }
    }

    /// <summary>output = gradient (a row plane) where the tile is positive, 0 elsewhere; with Σ output and Σ output · (map − center).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static (float Sum, float Product) RectifierGradient(float* gradient, float* tile, float* map, float center, float* output, PlaneShape shape)
    {
        Vector256<float> c = Create(center), sum = default, product = default, all = Create(-1).AsSingle(), last = InsideLastVector(shape);
        tile += shape.TileOrigin;
        for (nint y = 0; y < shape.Height; y++, tile += shape.TileStride)
        {
            for (nint x = 0; x < shape.Stride; x += 8)
            {
                nint i = y * shape.Width + x;
                Vector256<float> kept = Load(gradient + y * shape.Stride + x) & GreaterThan(Load(tile + x), Vector256<float>.Zero);
                Vector256.Store(kept, output + i);
                sum += kept;
                product = FusedMultiplyAdd(kept, (Load(map + i) & (x + 8 < shape.Stride ? all : last)) - c, product);
            }
        }

        ClearPadding(output, shape);
        return (Vector256.Sum(sum), Vector256.Sum(product));
    }
}
