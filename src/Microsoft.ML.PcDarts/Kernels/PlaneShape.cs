namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// The size of a map, and the three ways in which kernels store one of its planes (one channel of one picture):
/// a plane has its rows one after the other, and zeros behind the last; a row plane has rows of whole vectors, whose ends are undefined; a tile is a row plane with zeros
/// around it that are wide enough for every tap of every convolution, so that the inner loops never ask where a border is.
/// </summary>
internal readonly record struct PlaneShape(int Height, int Width)
{
    /// <summary>Floats of a vector.</summary>
    internal const int Lanes = 8;

    /// <summary>Zeros on each side of a tile: what a 5×5 convolution with dilation 2 reaches.</summary>
    internal const int Halo = 4;

    internal int Pixels => Height * Width;

    /// <summary>Floats from a row of a row plane to the next one.</summary>
    internal int Stride => (Width + Lanes - 1) / Lanes * Lanes;

    /// <summary>Floats of a plane, a multiple of 8. The zeros behind the last pixel leave room for the end of the last row's last vector.</summary>
    internal int Size => (Pixels + Stride - Width + Lanes - 1) / Lanes * Lanes;

    /// <summary>
    /// Floats of a plane or row plane in scratch memory. One cache line more than a multiple of 4 KiB keeps the planes of a picture out of each other's cache sets.
    /// </summary>
    internal int ScratchSize
    {
        get
        {
            int floats = (BlockedHeight * Stride + 15) / 16 * 16;
            return floats % 1024 == 0 ? floats + 16 : floats;
        }
    }

    /// <summary>Floats from a row of a tile to the next one. The zeros right of a row are those left of the next one.</summary>
    internal int TileStride => Stride + Lanes;

    /// <summary>Floats of a tile.</summary>
    internal int TileSize => ((BlockedHeight + 2 * Halo) * TileStride + 2 * Lanes + 15) / 16 * 16;

    /// <summary>Offset of the first pixel in a tile.</summary>
    internal int TileOrigin => Halo * TileStride + Lanes;

    /// <summary>What a stride of 2 leaves.</summary>
    internal PlaneShape Halved => new((Height + 1) / 2, (Width + 1) / 2);

    /// <summary>Rows that a kernel may compute: it works on blocks of up to 8 rows.</summary>
    private int BlockedHeight => (Height + 7) / 8 * 8;
}
