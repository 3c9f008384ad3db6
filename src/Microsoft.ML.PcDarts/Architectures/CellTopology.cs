namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>The searched cell's edges: node i (from 0) can read the two cell inputs and every node before it.</summary>
/// <param name="Nodes">Intermediate nodes of a cell, at least 1; the paper uses 4.</param>
internal sealed record CellTopology(int Nodes)
{
    /// <summary>Intermediate nodes of a cell, at least 1.</summary>
    public int Nodes { get; } = Nodes >= 1
        ? Nodes
        : throw new ArgumentOutOfRangeException(nameof(Nodes), Nodes, "A cell needs at least 1 node.");

    /// <summary>The rows of α and entries of β: 2 + 3 + … = 14 for 4 nodes.</summary>
    public int EdgeCount => Nodes * (Nodes + 3) / 2;

    /// <summary>The rule of <see cref="OfEdges"/> in words.</summary>
    public static readonly string EdgeCounts = $"a cell of 1, 2, 3, 4 and so on nodes has 2, 5, 9, 14 and so on edges, up to "
        + $"{Genotype.MaximumNodes} nodes";

    /// <summary>
    /// The topology with so many edges; null if there is none, or none of at most <see cref="Genotype.MaximumNodes"/> nodes.
    /// </summary>
    public static CellTopology? OfEdges(int edges)
    {
        int nodes = 1;
        while (nodes < Genotype.MaximumNodes && nodes * (nodes + 3) / 2 < edges)
            nodes++;
        var topology = new CellTopology(nodes);
        return topology.EdgeCount == edges ? topology : null;
    }

    /// <summary>The index of a node's first edge; its edges follow one another, in the order of their inputs.</summary>
    public int EdgeOffset(int node) => InNodes(node) * (node + 3) / 2;

    /// <summary>The number of states that a node can read.</summary>
    public int InputCount(int node) => 2 + InNodes(node);

    /// <summary>Whether a cell (from 0) of a network of <paramref name="layers"/> cells halves the maps and doubles the channels.</summary>
    public static bool IsReduction(int cell, int layers) => cell == layers / 3 || cell == 2 * layers / 3;

    private int InNodes(int node) => (uint)node < (uint)Nodes
        ? node
        : throw new ArgumentOutOfRangeException(nameof(node), node, $"The cell has nodes 0 to {Nodes - 1}.");
}
