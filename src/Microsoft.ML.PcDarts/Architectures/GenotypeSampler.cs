namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>Draws architectures with the weights by which the supernet mixes its edges and operations.</summary>
internal static class GenotypeSampler
{
    private const int KeptEdges = 2;

    /// <summary>The decoded architecture, then others that were drawn, all different.</summary>
    /// <param name="values">α and β.</param>
    /// <param name="decoded">Result of <see cref="ArchitectureValues.Decode"/>.</param>
    /// <param name="count">Architectures wanted, 1 or more; fewer are returned where the cell has no more.</param>
    /// <param name="maximumSkips">Most skip connections of the normal cell; null for no limit.</param>
    /// <param name="seed">Seed of the draws.</param>
    public static IReadOnlyList<Genotype> Candidates(ArchitectureValues values, Genotype decoded, int count, int? maximumSkips, int seed)
    {
        const int tries = 20;
        var random = new Random(seed);
        List<Genotype> candidates = [decoded];
        for (int drawn = 0; candidates.Count < count && drawn < tries * count; drawn++)
        {
            Genotype genotype = Draw(values, maximumSkips, random);
            if (!candidates.Contains(genotype))
                candidates.Add(genotype);
        }

        return candidates;
    }

    /// <summary>
    /// Each node gets two edges, drawn one after the other by softmax(β) over its inputs, and each edge an operation, drawn by softmax(α)
    /// without <c>none</c>.
    /// </summary>
    /// <param name="values">α and β.</param>
    /// <param name="maximumSkips">Most skip connections of the normal cell; null for no limit.</param>
    /// <param name="random">Where the draws come from.</param>
    public static Genotype Draw(ArchitectureValues values, int? maximumSkips, Random random)
    {
        CellTopology topology = CellTopology.OfEdges(values.BetaNormal.Count)!;
        int[] concat = [.. Enumerable.Range(2, topology.Nodes)];
        return new Genotype(
            DrawCell(topology, [.. values.AlphaNormal], [.. values.BetaNormal], maximumSkips ?? int.MaxValue, random), concat,
            DrawCell(topology, [.. values.AlphaReduce], [.. values.BetaReduce], int.MaxValue, random), concat);
    }

    private static List<GenotypeEdge> DrawCell(CellTopology topology, float[] alpha, float[] beta, int skipsLeft, Random random)
    {
        IReadOnlyList<Primitive> operations = PrimitiveNames.Searched;
        List<GenotypeEdge> edges = [];
        for (int node = 0; node < topology.Nodes; node++)
        {
            int offset = topology.EdgeOffset(node);
            double[] inputs = GenotypeDecoder.Softmax(beta.AsSpan(offset, topology.InputCount(node)));
            for (int kept = 0; kept < KeptEdges; kept++)
            {
                int input = Index(inputs, random);
                inputs[input] = 0;
                double[] weights = GenotypeDecoder.Softmax(alpha.AsSpan((offset + input) * operations.Count, operations.Count));
                for (int i = 0; i < weights.Length; i++)
                {
                    if (operations[i] == Primitive.None || (operations[i] == Primitive.SkipConnect && skipsLeft == 0))
                        weights[i] = 0;
                }

                Primitive operation = operations[Index(weights, random)];
                if (operation == Primitive.SkipConnect)
                    skipsLeft--;
                edges.Add(new GenotypeEdge(operation, input));
            }
        }

        return edges;
    }

    /// <summary>An index with a probability in proportion to its weight.</summary>
    private static int Index(double[] weights, Random random)
    {
        double point = random.NextDouble() * weights.Sum();
        int last = Array.FindLastIndex(weights, weight => weight > 0);
        for (int i = 0; i < last; i++)
        {
            point -= weights[i];
            if (point < 0)
                return i;
        }

        return last;
    }
}
