using System.Globalization;

namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>α and β of both cells after an epoch, as the search weighs with them.</summary>
internal sealed class ArchitectureEpoch(int epoch, ArchitectureValues values, Genotype? genotype)
{
    public int Epoch { get; } = epoch;

    public CellWeighting Normal { get; } = new(values.AlphaNormal, values.BetaNormal, genotype?.Normal);

    public CellWeighting Reduce { get; } = new(values.AlphaReduce, values.BetaReduce, genotype?.Reduce);

    public double LargestAlpha => Math.Max(Normal.Alpha.Max(), Reduce.Alpha.Max());
}

/// <summary>
/// Softmax of one cell's α over the operations of an edge, and of its β over the edges into a node (Xu et al. 2020, equations 1 and 3).
/// </summary>
internal sealed class CellWeighting
{
    public static int Operations => PrimitiveNames.Searched.Count;

    /// <param name="alpha">α, E × 8 values.</param>
    /// <param name="beta">β, E values.</param>
    /// <param name="kept">The edges that the cell would keep; null if unknown.</param>
    /// <exception cref="InvalidDataException">The lists do not belong to a cell.</exception>
    public CellWeighting(IReadOnlyList<float> alpha, IReadOnlyList<float> beta, IReadOnlyList<GenotypeEdge>? kept)
    {
        int nodes = 1;
        while (new CellTopology(nodes).EdgeCount < beta.Count)
            nodes++;
        var topology = new CellTopology(nodes);
        if (topology.EdgeCount != beta.Count || alpha.Count != beta.Count * Operations)
            throw new InvalidDataException($"{alpha.Count} values of α and {beta.Count} of β belong to no cell.");
        Edges =
        [
            .. Enumerable.Range(0, nodes).SelectMany(
                node => Enumerable.Range(0, topology.InputCount(node)).Select(
                    source => (topology.EdgeOffset(node) + source, source, node))),
        ];
        Alpha = [.. alpha.Chunk(Operations).SelectMany(edge => GenotypeDecoder.Softmax(edge))];
        Beta =
        [
            .. Enumerable.Range(0, nodes).SelectMany(
                node => GenotypeDecoder.Softmax([.. beta.Skip(topology.EdgeOffset(node)).Take(topology.InputCount(node))])),
        ];
        Kept = [.. (kept ?? []).Select((edge, index) => (topology.EdgeOffset(index / 2) + edge.Input) * Operations + (int)edge.Operation)];
    }

    /// <summary>Index, the state that it reads, and the node that it leads to, from 0.</summary>
    public IReadOnlyList<(int Index, int Source, int Node)> Edges { get; }

    public IReadOnlyList<double> Alpha { get; }

    public IReadOnlyList<double> Beta { get; }

    /// <summary>Positions in <see cref="Alpha"/>.</summary>
    public IReadOnlyList<int> Kept { get; }

    /// <summary>The values in thousandths, for the page's script.</summary>
    public string ToJson()
        => string.Create(
            CultureInfo.InvariantCulture, $"{{\"alpha\":{List(Alpha)},\"beta\":{List(Beta)},\"kept\":[{string.Join(',', Kept)}]}}");

    private static string List(IReadOnlyList<double> values)
        => $"[{string.Join(',', values.Select(value => (int)Math.Round(1000 * value)))}]";
}
