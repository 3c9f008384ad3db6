namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>A cell of the discovered network: two inputs, brought to its width, and the edges that make its nodes.</summary>
/// <param name="Place">Where it stands.</param>
/// <param name="PictureStride">Stride of its output over the picture.</param>
/// <param name="Input0">State 0: the output of the cell before the previous one.</param>
/// <param name="Input1">State 1: the output of the previous cell.</param>
/// <param name="Edges">Two for each node, in the order of the nodes.</param>
/// <param name="Concat">The states whose concatenation is the output.</param>
internal sealed record PlannedCell(
    CellPlace Place,
    int PictureStride,
    PlannedInput Input0,
    PlannedInput Input1,
    IReadOnlyList<PlannedEdge> Edges,
    IReadOnlyList<int> Concat)
{
    /// <exception cref="OverflowException">There are too many channels to count.</exception>
    public MapShape Output => Edges[0].Output with { Channels = checked(Concat.Count * Place.Channels) };

    /// <summary>The units of the inputs and of all edges.</summary>
    public IEnumerable<PlannedUnit> Units => [Input0.Unit, Input1.Unit, .. Edges.SelectMany(edge => edge.Units)];

    /// <summary>The cell at a place.</summary>
    /// <param name="genotype">The architecture.</param>
    /// <param name="place">The place.</param>
    /// <param name="beforePrevious">The map that the cell before the previous one makes, or the stem.</param>
    /// <param name="previous">The map that the previous cell makes, or the stem.</param>
    /// <param name="pictureStride">Stride of the output over the picture.</param>
    public static PlannedCell Of(Genotype genotype, CellPlace place, MapShape beforePrevious, MapShape previous, int pictureStride)
    {
        string name = $"cells.{place.Index}";
        (IReadOnlyList<GenotypeEdge> edges, IReadOnlyList<int> concat) =
            place.IsReduction ? (genotype.Reduce, genotype.ReduceConcat) : (genotype.Normal, genotype.NormalConcat);
        MapShape input = previous with { Channels = place.Channels }, node = input.Strided(place.Stride(source: 0));
        return new PlannedCell(
            place,
            pictureStride,
            new PlannedInput($"{name}.preprocess0", beforePrevious, place.Channels, Halves: place.AfterReduction),
            new PlannedInput($"{name}.preprocess1", previous, place.Channels, Halves: false),
            [.. edges.Select((edge, index) => new PlannedEdge(
                $"{name}._ops.{index}", edge.Operation, edge.Input, index / 2, place.Stride(edge.Input), edge.Input < 2 ? input : node))],
            concat);
    }
}

/// <summary>A map that a cell reads, and how it is brought to the cell's width.</summary>
/// <param name="Name">Prefix of the names of its weights.</param>
/// <param name="Map">The map.</param>
/// <param name="Channels">The cell's width.</param>
/// <param name="Halves">Whether a factorized reduction also halves it; otherwise a 1×1 convolution keeps its sides.</param>
internal sealed record PlannedInput(string Name, MapShape Map, int Channels, bool Halves)
{
    public PlannedUnit Unit => Halves ? PlannedUnit.Halving(Name, Map, Channels) : PlannedUnit.Pointwise(Name, Map, Channels);
}

/// <summary>An edge of a cell.</summary>
/// <param name="Name">Prefix of the names of its weights.</param>
/// <param name="Operation">The operation that it applies.</param>
/// <param name="Source">The state that it reads.</param>
/// <param name="Node">The node that it is part of, from 0; the node's state is two more.</param>
/// <param name="Stride">1 or 2.</param>
/// <param name="Input">The state's map.</param>
internal sealed record PlannedEdge(string Name, Primitive Operation, int Source, int Node, int Stride, MapShape Input)
{
    public MapShape Output => Input.Strided(Stride);

    /// <summary>Units with weights of the operation, in order.</summary>
    public IReadOnlyList<PlannedUnit> Units => PlannedUnit.Of(Operation, Name, Input, Stride);
}
