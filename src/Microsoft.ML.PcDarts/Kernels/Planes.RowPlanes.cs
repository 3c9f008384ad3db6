using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <content>
/// Plane kernels: from row planes to planes. Rows are written from the first to the last, so that each overwrites the surplus of the one
/// before.
/// </content>
internal static unsafe partial class Planes
{
    /// <summary>The lanes of a row's last vector that are inside the row.</summary>
    public static Vector256<float> LastVectorMask(PlaneShape shape)
        => GreaterThan(Create((float)(shape.Width - shape.RowStride + PlaneShape.Lanes)), Create(0f, 1, 2, 3, 4, 5, 6, 7));

    /// <summary>Copies a row plane into a plane.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Compact(float* rows, float* plane, PlaneShape shape)
    {
        for (nint y = 0; y < shape.Height; y++)
        {
            for (nint x = 0; x < shape.RowStride; x += 8)
                Vector256.Store(Load(rows + y * shape.RowStride + x), plane + y * shape.Width + x);
        }

        ClearPadding(plane, shape);
    }

    /// <summary>output += rows, only where the mask is positive if there is one.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void AddRowPlane(float* rows, float* mask, float* output, PlaneShape shape)
    {
        Vector256<float> all = Create(-1).AsSingle(), last = LastVectorMask(shape);
        for (nint y = 0; y < shape.Height; y++)
        {
            for (nint x = 0; x < shape.RowStride; x += 8)
            {
                nint i = y * shape.Width + x;
                Vector256<float> selected = x + 8 < shape.RowStride ? all : last;
                if (mask != null)
                    selected &= GreaterThan(Load(mask + i), Vector256<float>.Zero);
                Vector256.Store(Load(output + i) + (Load(rows + y * shape.RowStride + x) & selected), output + i);
            }
        }
    }

    /// <summary>
    /// output = gradient (a row plane) where the tile is positive, 0 elsewhere; with Σ output and Σ output · (map − center).
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static (float Sum, float Product) ReluGradient(
        float* gradient, float* tile, float* map, float center, float* output, PlaneShape shape)
    {
        Vector256<float> m = Create(center), sum = default, product = default;
        Vector256<float> all = Create(-1).AsSingle(), last = LastVectorMask(shape);
        tile += shape.TileOrigin;
        for (nint y = 0; y < shape.Height; y++, tile += shape.TileRowStride)
        {
            for (nint x = 0; x < shape.RowStride; x += 8)
            {
                nint i = y * shape.Width + x;
                Vector256<float> selected = Load(gradient + y * shape.RowStride + x) & GreaterThan(Load(tile + x), Vector256<float>.Zero);
                Vector256.Store(selected, output + i);
                sum += selected;
                product = FusedMultiplyAdd(selected, (Load(map + i) & (x + 8 < shape.RowStride ? all : last)) - m, product);
            }
        }

        ClearPadding(output, shape);
        return (Vector256.Sum(sum), Vector256.Sum(product));
    }
}
