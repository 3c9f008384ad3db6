using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// Layouts: from planes to tiles and back. At stride 1 a plane has one tile, at stride 2 one for each of its four phases: phase (py, px)
/// holds the pixels (2y + py, 2x + px).
/// </summary>
internal static unsafe partial class Tiles
{
    private static readonly Vector256<int> Deinterleave = Create(0, 2, 4, 6, 1, 3, 5, 7), Interleave = Create(0, 4, 1, 5, 2, 6, 3, 7);

    /// <summary>tile = scale · (plane − center) + shift with zeros around it; max(0, …) of that if <paramref name="relu"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Fill(
        float* plane, PlaneShape shape, float* tile, float center = 0, float scale = 1, float shift = 0, bool relu = false)
    {
        nint width = shape.Width, rowStride = shape.RowStride, tileRowStride = shape.TileRowStride;
        Vector256<float> m = Create(center), s = Create(scale), b = Create(shift), floor = Create(relu ? 0 : float.NegativeInfinity);
        new Span<float>(tile, shape.TileOrigin).Clear();
        float* row = tile + shape.TileOrigin;
        for (nint y = 0; y < shape.Height; y++, row += tileRowStride, plane += width)
        {
            for (nint x = 0; x < rowStride; x += 8)
                Vector256.Store(MaxNative(floor, FusedMultiplyAdd(s, Load(plane + x) - m, b)), row + x);
            Vector256.Store(Vector256<float>.Zero, row + width);
            Vector256.Store(Vector256<float>.Zero, row + rowStride);
        }

        new Span<float>(row, (int)(tile + shape.TileFloats - row)).Clear();
    }

    /// <summary>A tile with <paramref name="outside"/> around the plane.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void FillAround(float* plane, PlaneShape shape, float* tile, float outside)
    {
        new Span<float>(tile, shape.TileFloats).Fill(outside);
        for (int y = 0; y < shape.Height; y++)
        {
            float* row = tile + shape.TileOrigin + y * shape.TileRowStride;
            for (nint x = 0; x < shape.RowStride; x += 8)
                Vector256.Store(Load(plane + y * shape.Width + x), row + x);
            Vector256.Store(Create(outside), row + shape.Width);
        }
    }

    /// <summary>The tiles of the four phases of a plane, with <paramref name="outside"/> around each.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void FillPhases(float* plane, PlaneShape shape, float* tiles, PlaneShape phase, float outside, bool relu)
    {
        Vector256<float> floor = Create(relu ? 0 : float.NegativeInfinity);
        new Span<float>(tiles, 4 * phase.TileFloats).Fill(outside);
        int evens = (shape.Width + 1) / 2, odds = shape.Width / 2;
        for (int y = 0; y < shape.Height; y++)
        {
            float* even = tiles + (y & 1) * 2 * phase.TileFloats + phase.TileOrigin + y / 2 * phase.TileRowStride;
            float* odd = even + phase.TileFloats;
            float* row = plane + y * shape.Width;
            for (nint x = 0; x < shape.RowStride; x += 8)
            {
                Vector256<float> columns = Shuffle(MaxNative(floor, Load(row + x)), Deinterleave);
                Vector128.Store(columns.GetLower(), even + x / 2);
                Vector128.Store(columns.GetUpper(), odd + x / 2);
            }

            Vector128.Store(Vector128.Create(outside), even + evens);
            Vector128.Store(Vector128.Create(outside), odd + odds);
        }
    }

    /// <summary>
    /// plane[2y + py, 2x + px] += phases[py, px][y, x], only where the mask is positive if there is one.
    /// </summary>
    /// <param name="phases">Row planes of the four phases.</param>
    /// <param name="phaseStride">Floats from one phase to the next.</param>
    /// <param name="phase">Size of a phase.</param>
    /// <param name="mask">A plane of size <paramref name="shape"/>, or null.</param>
    /// <param name="plane">Receives the sums.</param>
    /// <param name="shape">Its size.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void AddPhases(float* phases, int phaseStride, PlaneShape phase, float* mask, float* plane, PlaneShape shape)
    {
        Vector256<float> all = Create(-1).AsSingle(), last = Planes.LastVectorMask(shape);
        for (int y = 0; y < shape.Height; y++)
        {
            float* even = phases + (y & 1) * 2 * phaseStride + y / 2 * phase.RowStride;
            float* odd = even + phaseStride;
            float* row = plane + y * shape.Width;
            float* maskRow = mask + y * shape.Width;
            for (nint x = 0; x < shape.RowStride; x += 8)
            {
                Vector256<float> selected = x + 8 < shape.RowStride ? all : last;
                if (mask != null)
                    selected &= GreaterThan(Load(maskRow + x), Vector256<float>.Zero);
                Vector256<float> sum = Shuffle(Create(Vector128.Load(even + x / 2), Vector128.Load(odd + x / 2)), Interleave);
                Vector256.Store(Load(row + x) + (sum & selected), row + x);
            }
        }
    }
}
