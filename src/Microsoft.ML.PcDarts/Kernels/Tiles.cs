using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Moves planes into tiles and back: whole planes for stride 1, the four phases of a plane for stride 2.</summary>
internal static unsafe class Tiles
{
    private static readonly Vector256<int> Deinterleave = Create(0, 2, 4, 6, 1, 3, 5, 7), Interleave = Create(0, 4, 1, 5, 2, 6, 3, 7);

    /// <summary>tile = scale · (plane − center) + shift with zeros around it, rectified on demand.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Fill(float* plane, PlaneShape shape, float* tile, float center = 0, float scale = 1, float shift = 0, bool rectify = false)
    {
        nint width = shape.Width, stride = shape.Stride, tileStride = shape.TileStride;
        Vector256<float> m = Create(center), a = Create(scale), b = Create(shift), floor = Create(rectify ? 0 : float.NegativeInfinity);
        new Span<float>(tile, shape.TileOrigin).Clear();
        float* row = tile + shape.TileOrigin;
        for (nint y = 0; y < shape.Height; y++, row += tileStride, plane += width)
        {
            for (nint x = 0; x < stride; x += 8)
                Vector256.Store(MaxNative(floor, FusedMultiplyAdd(a, Load(plane + x) - m, b)), row + x);
            Vector256.Store(Vector256<float>.Zero, row + width);
            Vector256.Store(Vector256<float>.Zero, row + stride);
        }

        new Span<float>(row, (int)(tile + shape.TileSize - row)).Clear();
    }

    /// <summary>A tile with <paramref name="outside"/> around the plane.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void FillAround(float* plane, PlaneShape shape, float* tile, float outside)
    {
        new Span<float>(tile, shape.TileSize).Fill(outside);
        for (int y = 0; y < shape.Height; y++)
        {
            float* row = tile + shape.TileOrigin + y * shape.TileStride;
            for (nint x = 0; x < shape.Stride; x += 8)
                Vector256.Store(Load(plane + y * shape.Width + x), row + x);
            Vector256.Store(Create(outside), row + shape.Width);
        }
    }

    /// <summary>The tiles of the four phases of a plane: phase (py, px) holds the pixels (2y + py, 2x + px).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void FillPhases(float* plane, PlaneShape shape, float* tiles, PlaneShape phase, float outside, bool rectify)
    {
        Vector256<float> floor = Create(rectify ? 0 : float.NegativeInfinity);
        new Span<float>(tiles, 4 * phase.TileSize).Fill(outside);
        int evens = (shape.Width + 1) / 2, odds = shape.Width / 2;
        for (int y = 0; y < shape.Height; y++)
        {
            float* even = tiles + (y & 1) * 2 * phase.TileSize + phase.TileOrigin + y / 2 * phase.TileStride;
            float* odd = even + phase.TileSize;
            float* row = plane + y * shape.Width;
            for (nint x = 0; x < shape.Stride; x += 8)
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
    /// plane[2y + py, 2x + px] += phases[py, px][y, x], where the mask is positive if there is one. Phases are row planes and lie <paramref name="phaseStep"/> floats apart.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void AddPhases(float* phases, int phaseStep, PlaneShape phase, float* mask, float* plane, PlaneShape shape)
    {
        Vector256<float> all = Create(-1).AsSingle(), last = Planes.InsideLastVector(shape);
        for (int y = 0; y < shape.Height; y++)
        {
            float* even = phases + (y & 1) * 2 * phaseStep + y / 2 * phase.Stride;
            float* odd = even + phaseStep;
            float* row = plane + y * shape.Width;
            float* maskRow = mask + y * shape.Width;
            for (nint x = 0; x < shape.Stride; x += 8)
            {
                Vector256<float> kept = x + 8 < shape.Stride ? all : last;
                if (mask != null)
                    kept &= GreaterThan(Load(maskRow + x), Vector256<float>.Zero);
                Vector256<float> sum = Shuffle(Create(Vector128.Load(even + x / 2), Vector128.Load(odd + x / 2)), Interleave);
                Vector256.Store(Load(row + x) + (sum & kept), row + x);
            }
        }
    }

    /// <summary>The rectified pixels (2y + part, 2x + part) of a plane as a plane of their own; zero beyond an odd side.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void PickRectified(float* plane, PlaneShape shape, int part, float* picked, PlaneShape half)
    {
        int rows = (shape.Height + 1 - part) / 2, columns = (shape.Width + 1 - part) / 2;
        for (int y = 0; y < rows; y++)
        {
            float* row = plane + (2 * y + part) * shape.Width;
            float* result = picked + y * half.Width;
            for (nint x = 0; x < shape.Stride; x += 8)
            {
                Vector256<float> sorted = Shuffle(MaxNative(Vector256<float>.Zero, Load(row + x)), Deinterleave);
                Vector128.Store(part == 0 ? sorted.GetLower() : sorted.GetUpper(), result + x / 2);
            }

            if (columns < half.Width)
                result[columns] = 0;
        }

        new Span<float>(picked + rows * half.Width, half.Size - rows * half.Width).Clear();
    }

    /// <summary>The gradient of <see cref="PickRectified"/>: added to <paramref name="target"/> where the plane is positive.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void AddPicked(float* gradient, PlaneShape half, int part, float* plane, float* target, PlaneShape shape)
    {
        Vector256<float> all = Create(-1).AsSingle(), last = Planes.InsideLastVector(shape);
        for (int y = 0; 2 * y + part < shape.Height; y++)
        {
            float* row = plane + (2 * y + part) * shape.Width;
            float* sum = target + (2 * y + part) * shape.Width;
            for (nint x = 0; x < shape.Stride; x += 8)
            {
                Vector128<float> columns = Vector128.Load(gradient + y * half.Width + x / 2);
                Vector256<float> placed = part == 0 ? Create(columns, Vector128<float>.Zero) : Create(Vector128<float>.Zero, columns);
                placed = Shuffle(placed, Interleave) & GreaterThan(Load(row + x), Vector256<float>.Zero) & (x + 8 < shape.Stride ? all : last);
                Vector256.Store(Load(sum + x) + placed, sum + x);
            }
        }
    }
}
