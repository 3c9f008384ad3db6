namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>
/// Reads the discovered architecture out of the architecture parameters (PC-DARTS, <c>model_search.py</c>, <c>genotype()</c>).
/// </summary>
internal static class GenotypeDecoder
{
    private const int KeptEdges = 2;

    private static readonly int Operations = PrimitiveNames.Searched.Count;
    private static readonly int Skip = PrimitiveNames.Searched.ToList().IndexOf(Primitive.SkipConnect);

    /// <summary>
    /// Scores each operation of each edge with softmax(α)·softmax(β), α's over the edge's operations, β's over the edges into the same
    /// node. Each node keeps the two edges with the best operation, best edge first; an edge gets its best operation. <c>none</c> takes
    /// part in the softmax but is never chosen. All nodes are concatenated.
    /// </summary>
    /// <remarks>Ties fall as in the reference code: of equal edges the one with the lower input comes first (Python's sort is stable), of
    /// equal operations the one earlier in <see cref="PrimitiveNames.Searched"/> wins.</remarks>
    /// <param name="topology">The cell's edges.</param>
    /// <param name="alphaNormal">[E, 8], row-major, finite.</param>
    /// <param name="alphaReduce">[E, 8], row-major, finite.</param>
    /// <param name="betaNormal">[E], finite.</param>
    /// <param name="betaReduce">[E], finite.</param>
    /// <param name="maximumSkips">Most skip connections of the normal cell; the weakest beyond it are replaced by the next best operation
    /// of their edge, or their edge by another. Null for no limit, as in the paper's code.</param>
    /// <exception cref="ArgumentException">A parameter has the wrong length or a value that is not finite.</exception>
    public static Genotype Decode(
        CellTopology topology,
        ReadOnlySpan<float> alphaNormal,
        ReadOnlySpan<float> alphaReduce,
        ReadOnlySpan<float> betaNormal,
        ReadOnlySpan<float> betaReduce,
        int? maximumSkips = null)
    {
        ArgumentNullException.ThrowIfNull(topology);
        Check(alphaNormal, topology.EdgeCount * Operations, nameof(alphaNormal));
        Check(alphaReduce, topology.EdgeCount * Operations, nameof(alphaReduce));
        Check(betaNormal, topology.EdgeCount, nameof(betaNormal));
        Check(betaReduce, topology.EdgeCount, nameof(betaReduce));
        int[] concat = [.. Enumerable.Range(2, topology.Nodes)];
        return new Genotype(
            DecodeNormal(topology, alphaNormal, betaNormal, maximumSkips),
            concat,
            [.. DecodeCell(topology, alphaReduce, betaReduce, []).Select(kept => kept.Edge)],
            concat);
    }

    // The rule is P-DARTS' (Chen et al. 2019, section 3.3.2): the weakest skip is taken away and the cell decoded again until few enough
    // are left.
    private static GenotypeEdge[] DecodeNormal(
        CellTopology topology, ReadOnlySpan<float> alpha, ReadOnlySpan<float> beta, int? maximumSkips)
    {
        HashSet<int> withoutSkip = [];
        while (true)
        {
            List<(int Row, GenotypeEdge Edge, double Score)> cell = DecodeCell(topology, alpha, beta, withoutSkip);
            (int Row, GenotypeEdge Edge, double Score)[] skips = [.. cell.Where(kept => kept.Edge.Operation == Primitive.SkipConnect)];
            if (maximumSkips is null || skips.Length <= maximumSkips)
                return [.. cell.Select(kept => kept.Edge)];
            withoutSkip.Add(skips.MinBy(kept => kept.Score).Row);
        }
    }

    private static List<(int Row, GenotypeEdge Edge, double Score)> DecodeCell(
        CellTopology topology, ReadOnlySpan<float> alpha, ReadOnlySpan<float> beta, HashSet<int> withoutSkip)
    {
        var edges = new List<(int Row, GenotypeEdge Edge, double Score)>(KeptEdges * topology.Nodes);
        for (int node = 0; node < topology.Nodes; node++)
        {
            int offset = topology.EdgeOffset(node);
            double[] edgeWeights = Softmax(beta.Slice(offset, topology.InputCount(node)));
            var candidates = new (int Row, GenotypeEdge Edge, double Score)[edgeWeights.Length];
            for (int input = 0; input < candidates.Length; input++)
            {
                double[] weights = Softmax(alpha.Slice((offset + input) * Operations, Operations));
                if (withoutSkip.Contains(offset + input))
                    weights[Skip] = -1;
                int best = 1; // 0 is none
                for (int operation = 2; operation < Operations; operation++)
                {
                    if (weights[operation] > weights[best])
                        best = operation;
                }
                candidates[input] = (offset + input, new GenotypeEdge(
                    PrimitiveNames.Searched[best], input), weights[best] * edgeWeights[input]);
            }
            edges.AddRange(candidates.OrderByDescending(c => c.Score).Take(KeptEdges));
        }
        return edges;
    }

    /// <summary>Exponentials of the values, divided by their sum.</summary>
    public static double[] Softmax(ReadOnlySpan<float> values)
    {
        float maximum = float.NegativeInfinity;
        foreach (float value in values)
            maximum = Math.Max(maximum, value);
        double[] result = new double[values.Length];
        double sum = 0;
        for (int i = 0; i < values.Length; i++)
            sum += result[i] = Math.Exp((double)values[i] - maximum);
        for (int i = 0; i < values.Length; i++)
            result[i] /= sum;
        return result;
    }

    private static void Check(ReadOnlySpan<float> values, int length, string name)
    {
        if (values.Length != length)
            throw new ArgumentException($"{name} has {values.Length} values; the cell needs {length}.", name);
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                throw new ArgumentException(
                    $"{name}[{i}] is {values[i]}; every architecture parameter must be finite. Did the search diverge?", name);
            }
        }
    }
}
