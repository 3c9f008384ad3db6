namespace Microsoft.ML.PcDarts;

/// <summary>Memory for the work on one picture, and the sums of weight gradients of the pictures of one chunk.</summary>
internal sealed unsafe class CellScratch
{
    private readonly float[] _memory;

    internal CellScratch(CellSizes sizes)
    {
        _memory = CellMemory.Allocate(sizes.Total + 16);
        float* next = CellMemory.Aligned(_memory);
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
        WeightGradients = Take(sizes.WeightGradients);

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

    /// <summary>Σ over the chunk's pictures of the weights' gradients; a unit knows its offset.</summary>
    internal float* WeightGradients { get; }
}

/// <summary>How many floats the parts of a <see cref="CellScratch"/> have.</summary>
internal readonly record struct CellSizes(
    long Tiles, long Inner, long Maps, long Gradients, long Tile, long SourceGradients, long InnerGradients, long Input, long WeightGradients)
{
    internal bool Covers(CellSizes other) => Union(other) == this;

    internal CellSizes Union(CellSizes other) => new(
        Math.Max(Tiles, other.Tiles), Math.Max(Inner, other.Inner), Math.Max(Maps, other.Maps), Math.Max(Gradients, other.Gradients), Math.Max(Tile, other.Tile),
        Math.Max(SourceGradients, other.SourceGradients), Math.Max(InnerGradients, other.InnerGradients), Math.Max(Input, other.Input),
        Math.Max(WeightGradients, other.WeightGradients));

    internal long Total => Tiles + Inner + 2 * Maps + Gradients + 3 * Tile + SourceGradients + InnerGradients + 2 * Input + WeightGradients;
}
