using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts;

/// <summary>Moves planes into tiles and back: whole planes for stride 1, the four phases of a plane for stride 2.</summary>
internal static unsafe class Tiles
{
    /// <summary>tile = scale · (plane − center) + shift with zeros around it, rectified on demand.</summary>
    internal static void Fill(float* plane, PlaneShape shape, float* tile, float center = 0, float scale = 1, float shift = 0, bool rectify = false)
    {
        nint stride = shape.Stride, tileStride = shape.TileStride;
        Vector256<float> m = Create(center), a = Create(scale), b = Create(shift), floor = Create(rectify ? 0 : float.NegativeInfinity);
        new Span<float>(tile, shape.TileOrigin).Clear();
        float* row = tile + shape.TileOrigin;
        for (nint y = 0; y < shape.Height; y++, row += tileStride, plane += stride)
        {
            for (nint x = 0; x < stride; x += 8)
                Vector256.Store(MaxNative(floor, FusedMultiplyAdd(a, Load(plane + x) - m, b)), row + x);
            if (stride != shape.Width)
                new Span<float>(row + shape.Width, (int)stride - shape.Width).Clear();
            Vector256.Store(Vector256<float>.Zero, row + stride);
        }

        new Span<float>(row, (int)(tile + shape.TileSize - row)).Clear();
    }

    /// <summary>The tiles of the four phases of a plane: phase (py, px) holds the pixels (2y + py, 2x + px).</summary>
    internal static void FillPhases(float* plane, PlaneShape shape, float* tiles, PlaneShape phase, float outside, bool rectify)
    {
        new Span<float>(tiles, 4 * phase.TileSize).Fill(outside);
        for (int y = 0; y < shape.Height; y++)
        {
            float* even = tiles + (y & 1) * 2 * phase.TileSize + phase.TileOrigin + y / 2 * phase.TileStride;
            float* odd = even + phase.TileSize;
            float* row = plane + y * shape.Stride;
            for (int x = 0; x < shape.Width; x++)
            {
                float value = rectify ? Math.Max(row[x], 0) : row[x];
                ((x & 1) == 0 ? even : odd)[x / 2] = value;
            }
        }
    }

    /// <summary>A tile with <paramref name="outside"/> around the plane and in its padding.</summary>
    internal static void FillAround(float* plane, PlaneShape shape, float* tile, float outside)
    {
        new Span<float>(tile, shape.TileSize).Fill(outside);
        for (int y = 0; y < shape.Height; y++)
        {
            new Span<float>(plane + y * shape.Stride, shape.Width)
                .CopyTo(new Span<float>(tile + shape.TileOrigin + y * shape.TileStride, shape.Width));
        }
    }

    /// <summary>plane = the tile's pixels, with zero padding.</summary>
    internal static void Read(float* tile, PlaneShape shape, float* plane)
    {
        for (int y = 0; y < shape.Height; y++)
            new Span<float>(tile + shape.TileOrigin + y * shape.TileStride, shape.Stride).CopyTo(new Span<float>(plane + y * shape.Stride, shape.Stride));
    }

    /// <summary>plane[2y + py, 2x + px] += phases[py, px][y, x], where the mask is positive if there is one. Phases lie <paramref name="phaseStep"/> floats apart.</summary>
    internal static void AddPhases(float* phases, int phaseStep, PlaneShape phase, float* mask, float* plane, PlaneShape shape)
    {
        for (int y = 0; y < shape.Height; y++)
        {
            float* even = phases + (y & 1) * 2 * phaseStep + y / 2 * phase.Stride;
            float* odd = even + phaseStep;
            float* row = plane + y * shape.Stride;
            float* maskRow = mask + y * shape.Stride;
            for (int x = 0; x < shape.Width; x++)
            {
                if (mask == null || maskRow[x] > 0)
                    row[x] += ((x & 1) == 0 ? even : odd)[x / 2];
            }
        }
    }
}
