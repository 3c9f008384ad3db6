namespace Microsoft.ML.PcDarts;

/// <summary>Reads the discovered architecture out of the architecture parameters (PC-DARTS, <c>model_search.py</c>, <c>genotype()</c>).</summary>
internal static class GenotypeDecoder
{
    private const int KeptEdges = 2;

    private static readonly int Operations = PrimitiveNames.Searched.Count;

    /// <summary>
    /// Scores each operation of each edge with softmax(α)·softmax(β), α's over the edge's operations, β's over the edges into the same
    /// node. Each node keeps the two edges with the best operation, best edge first; an edge gets its best operation. <c>none</c> takes part
    /// in the softmax but is never chosen. All nodes are concatenated.
    /// </summary>
    /// <remarks>Ties fall as in the reference code: of equal edges the one with the lower input comes first (Python's sort is stable), of
    /// equal operations the one earlier in <see cref="PrimitiveNames.Searched"/> wins.</remarks>
    /// <param name="topology">The cell's edges.</param>
    /// <param name="alphaNormal">[E, 8], row-major, finite.</param>
    /// <param name="alphaReduce">[E, 8], row-major, finite.</param>
    /// <param name="betaNormal">[E], finite.</param>
    /// <param name="betaReduce">[E], finite.</param>
    /// <exception cref="ArgumentException">A parameter has the wrong length or a value that is not finite.</exception>
    public static Genotype Decode(
        CellTopology topology, ReadOnlySpan<float> alphaNormal, ReadOnlySpan<float> alphaReduce, ReadOnlySpan<float> betaNormal, ReadOnlySpan<float> betaReduce)
    {
        ArgumentNullException.ThrowIfNull(topology);
        Check(alphaNormal, topology.EdgeCount * Operations, nameof(alphaNormal));
        Check(alphaReduce, topology.EdgeCount * Operations, nameof(alphaReduce));
        Check(betaNormal, topology.EdgeCount, nameof(betaNormal));
        Check(betaReduce, topology.EdgeCount, nameof(betaReduce));
        int[] concat = [.. Enumerable.Range(2, topology.Nodes)];
        return new Genotype(DecodeCell(topology, alphaNormal, betaNormal), concat, DecodeCell(topology, alphaReduce, betaReduce), concat);
    }

    private static List<GenotypeEdge> DecodeCell(CellTopology topology, ReadOnlySpan<float> alpha, ReadOnlySpan<float> beta)
    {
        var edges = new List<GenotypeEdge>(KeptEdges * topology.Nodes);
        for (int node = 0; node < topology.Nodes; node++)
        {
            int offset = topology.EdgeOffset(node);
            double[] edgeWeights = Softmax(beta.Slice(offset, topology.InputCount(node)));
            var candidates = new (GenotypeEdge Edge, double Score)[edgeWeights.Length];
            for (int input = 0; input < candidates.Length; input++)
            {
                double[] weights = Softmax(alpha.Slice((offset + input) * Operations, Operations));
                int best = 1; // 0 is none
                for (int operation = 2; operation < Operations; operation++)
                {
                    if (weights[operation] > weights[best])
                        best = operation;
                }
                candidates[input] = (new GenotypeEdge(PrimitiveNames.Searched[best], input), weights[best] * edgeWeights[input]);
            }
            edges.AddRange(candidates.OrderByDescending(c => c.Score).Take(KeptEdges).Select(c => c.Edge));
        }
        return edges;
    }

    private static double[] Softmax(ReadOnlySpan<float> values)
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
                throw new ArgumentException($"{name}[{i}] is {values[i]}; every architecture parameter must be finite. Did the search diverge?", name);
        }
    }
}
