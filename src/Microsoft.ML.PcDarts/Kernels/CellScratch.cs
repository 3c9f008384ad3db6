namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Memory of a thread for the work on one picture.</summary>
internal sealed unsafe class CellScratch : IDisposable
{
    private readonly FloatBlock _memory;

    internal CellScratch(CellSizes sizes)
    {
        _memory = new FloatBlock(sizes.Total);
        float* next = _memory.Pointer;
        Tiles = Take(sizes.Tiles);
        Inner = Take(sizes.Inner);
        Maps = Take(sizes.Maps);
        Gradients = Take(sizes.Gradients);
        MapGradients = Take(sizes.Maps);
        GradientTile = Take(sizes.Tile);
        Winners = Take(sizes.Tile);
        SourceGradients = Take(sizes.SourceGradients);
        InnerGradients = Take(sizes.InnerGradients);
        Pooled = Take(sizes.Tile);
        Input = Take(sizes.Input);
        InputGradients = Take(sizes.Input);
        Turned = Take(sizes.Turned);

        float* Take(long floats)
        {
            float* taken = next;
            next += floats;
            return taken;
        }
    }

    /// <summary>Tiles of the rectified active channels of a state; for stride 2 four phases each.</summary>
    internal float* Tiles { get; }

    /// <summary>Tiles of the rectified map between the two units of a separable convolution.</summary>
    internal float* Inner { get; }

    /// <summary>Depthwise convolved planes of a unit, or its rectified or picked inputs.</summary>
    internal float* Maps { get; }

    /// <summary>Gradient of a unit's map before the norm.</summary>
    internal float* Gradients { get; }

    /// <summary>Gradient of <see cref="Maps"/>.</summary>
    internal float* MapGradients { get; }

    internal float* GradientTile { get; }

    internal float* Winners { get; }

    /// <summary>Gradient of <see cref="Tiles"/>, as row planes.</summary>
    internal float* SourceGradients { get; }

    /// <summary>Gradient of <see cref="Inner"/>, as row planes.</summary>
    internal float* InnerGradients { get; }

    /// <summary>A plane of pooled values or their gradient.</summary>
    internal float* Pooled { get; }

    /// <summary>Planes of a cell's input that need zeros behind the last pixel.</summary>
    internal float* Input { get; }

    internal float* InputGradients { get; }

    /// <summary>See <see cref="Pointwise.TurnedFloats"/>.</summary>
    internal float* Turned { get; }

    /// <summary>Where gradients of weights are added, of the pictures of one chunk; a unit knows its offset. Null in passes that have none.</summary>
    internal float* WeightGradients { get; set; }

    public void Dispose() => _memory.Dispose();
}

/// <summary>How many floats the parts of a <see cref="CellScratch"/> and the sums of weight gradients have.</summary>
internal readonly record struct CellSizes(
    long Tiles, long Inner, long Maps, long Gradients, long Tile, long SourceGradients, long InnerGradients, long Input, long Turned, long WeightGradients)
{
    internal bool Covers(CellSizes other) => Union(other) == this;

    internal CellSizes Union(CellSizes other) => new(
        Math.Max(Tiles, other.Tiles), Math.Max(Inner, other.Inner), Math.Max(Maps, other.Maps), Math.Max(Gradients, other.Gradients), Math.Max(Tile, other.Tile),
        Math.Max(SourceGradients, other.SourceGradients), Math.Max(InnerGradients, other.InnerGradients), Math.Max(Input, other.Input), Math.Max(Turned, other.Turned),
        Math.Max(WeightGradients, other.WeightGradients));

    internal long Total => Tiles + Inner + 2 * Maps + Gradients + 3 * Tile + SourceGradients + InnerGradients + 2 * Input + Turned;
}
