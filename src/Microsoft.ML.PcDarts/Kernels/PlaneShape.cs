namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// Layouts: the size of a map, and the three ways to store one of its planes (one channel of one image). A plane has its rows one after the
/// other and zeros after the last pixel; a row plane has rows of whole vectors, whose ends are undefined; a tile is a row plane with a halo
/// of zeros that is wide enough for every tap of every convolution, so that inner loops never test for a border.
/// </summary>
internal readonly record struct PlaneShape(int Height, int Width)
{
    /// <summary>Floats of a vector.</summary>
    public const int Lanes = 8;

    /// <summary>Zeros on each side of a tile: the reach of a 5×5 convolution with dilation 2.</summary>
    public const int Halo = 4;

    public int Pixels => Height * Width;

    /// <summary>Floats from one row of a row plane to the next.</summary>
    public int RowStride => (Width + Lanes - 1) / Lanes * Lanes;

    /// <summary>
    /// Floats of a plane, a multiple of 8. The zeros after the last pixel leave room for the end of the last row's last vector.
    /// </summary>
    public int PlaneFloats => (Pixels + RowStride - Width + Lanes - 1) / Lanes * Lanes;

    /// <summary>
    /// Floats of a plane or row plane in scratch memory. One cache line more than a multiple of 4 KiB keeps the planes of an image out of
    /// each other's cache sets.
    /// </summary>
    public int ScratchFloats
    {
        get
        {
            int floats = (BlockedHeight * RowStride + 15) / 16 * 16;
            return floats % 1024 == 0 ? floats + 16 : floats;
        }
    }

    /// <summary>Floats from one row of a tile to the next. The zeros right of a row are those left of the next one.</summary>
    public int TileRowStride => RowStride + Lanes;

    /// <summary>Floats of a tile.</summary>
    public int TileFloats => ((BlockedHeight + 2 * Halo) * TileRowStride + 2 * Lanes + 15) / 16 * 16;

    /// <summary>Offset of the first pixel in a tile.</summary>
    public int TileOrigin => Halo * TileRowStride + Lanes;

    /// <summary>The size of the output at stride 2.</summary>
    public PlaneShape Halved => new((Height + 1) / 2, (Width + 1) / 2);

    /// <summary>Rows that a kernel may compute: it works on blocks of up to 8 rows.</summary>
    private int BlockedHeight => (Height + 7) / 8 * 8;
}
