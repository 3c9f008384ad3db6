namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Memory: the scratch memory of a thread for the work on one image; the next image overwrites it.</summary>
internal sealed unsafe class CellScratch : IDisposable
{
    private readonly FloatBuffer _buffer;

    public CellScratch(ScratchSizes sizes)
    {
        _buffer = new FloatBuffer(sizes.Total);
        float* next = _buffer.Pointer;
        SourceTiles = Take(sizes.SourceTiles);
        InnerTiles = Take(sizes.InnerTiles);
        PointwiseInput = Take(sizes.PointwiseInput);
        MapGradient = Take(sizes.MapGradient);
        PointwiseInputGradient = Take(sizes.PointwiseInput);
        GradientTile = Take(sizes.PlaneTiles);
        WinnerTile = Take(sizes.PlaneTiles);
        SourceGradients = Take(sizes.SourceGradients);
        InnerGradients = Take(sizes.InnerGradients);
        PoolTiles = Take(sizes.PlaneTiles);
        PaddedInput = Take(sizes.PaddedInput);
        PaddedInputGradient = Take(sizes.PaddedInput);
        Transposed = Take(sizes.Transposed);

        float* Take(long floats)
        {
            float* taken = next;
            next += floats;
            return taken;
        }
    }

    /// <summary>Tiles of the ReLU of a state's active channels; at stride 2 four phases each.</summary>
    public float* SourceTiles { get; }

    /// <summary>Tiles of the ReLU of the map between the two units of a separable convolution.</summary>
    public float* InnerTiles { get; }

    /// <summary>Planes that a unit's 1×1 convolution reads; for pools row planes of one channel.</summary>
    public float* PointwiseInput { get; }

    /// <summary>Gradient of a unit's map before the norm; for pools and the bypass that of one plane.</summary>
    public float* MapGradient { get; }

    /// <summary>Gradient of <see cref="PointwiseInput"/>.</summary>
    public float* PointwiseInputGradient { get; }

    /// <summary>The gradient of one plane as a tile; in the forward pass a row plane on its way to a plane.</summary>
    public float* GradientTile { get; }

    /// <summary>Which tap gave the maximum, as a tile.</summary>
    public float* WinnerTile { get; }

    /// <summary>Gradient of <see cref="SourceTiles"/>, as row planes.</summary>
    public float* SourceGradients { get; }

    /// <summary>Gradient of <see cref="InnerTiles"/>, as row planes.</summary>
    public float* InnerGradients { get; }

    /// <summary>Tiles of one plane to be pooled.</summary>
    public float* PoolTiles { get; }

    /// <summary>Planes of a cell's input whose last pixel needs zeros after it.</summary>
    public float* PaddedInput { get; }

    public float* PaddedInputGradient { get; }

    /// <summary>See <see cref="Pointwise.TransposedFloats"/>.</summary>
    public float* Transposed { get; }

    /// <summary>
    /// The sum of weight gradients of the chunk at work; each unit has its offset. Null in sweeps without weight gradients.
    /// </summary>
    public float* WeightGradients { get; set; }

    public void Dispose() => _buffer.Dispose();
}

/// <summary>Floats of the parts of a <see cref="CellScratch"/> and of a chunk's sum of weight gradients.</summary>
internal readonly record struct ScratchSizes(
    long SourceTiles, long InnerTiles, long PointwiseInput, long MapGradient, long PlaneTiles, long SourceGradients, long InnerGradients,
    long PaddedInput, long Transposed, long WeightGradients)
{
    public long Total => SourceTiles + InnerTiles + 2 * PointwiseInput + MapGradient + 3 * PlaneTiles + SourceGradients + InnerGradients
        + 2 * PaddedInput + Transposed;

    public bool Covers(ScratchSizes other) => Union(other) == this;

    public ScratchSizes Union(ScratchSizes other) => new(
        Math.Max(SourceTiles, other.SourceTiles), Math.Max(InnerTiles, other.InnerTiles), Math.Max(PointwiseInput, other.PointwiseInput),
        Math.Max(MapGradient, other.MapGradient), Math.Max(PlaneTiles, other.PlaneTiles), Math.Max(SourceGradients, other.SourceGradients),
        Math.Max(InnerGradients, other.InnerGradients), Math.Max(PaddedInput, other.PaddedInput), Math.Max(Transposed, other.Transposed),
        Math.Max(WeightGradients, other.WeightGradients));
}
