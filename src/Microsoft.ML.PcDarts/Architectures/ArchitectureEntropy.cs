namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>Entropies of the softmaxes over the architecture parameters.</summary>
internal static class ArchitectureEntropy
{
    /// <summary>Mean entropy of softmax(α) over the edges of both cells, in nats.</summary>
    public static double OfAlpha(ArchitectureValues values)
    {
        int operations = PrimitiveNames.Searched.Count;
        return values.AlphaNormal.Concat(values.AlphaReduce).Chunk(operations).Average(Entropy);
    }

    /// <summary>Mean entropy of softmax(β) over the nodes of both cells, each divided by the logarithm of the node's inputs.</summary>
    public static double OfBeta(ArchitectureValues values, CellTopology topology)
    {
        return new[] { values.BetaNormal, values.BetaReduce }.SelectMany(beta => Enumerable.Range(0, topology.Nodes).Select(node =>
        {
            int inputs = topology.InputCount(node);
            return Entropy([.. beta.Skip(topology.EdgeOffset(node)).Take(inputs)]) / Math.Log(inputs);
        })).Average();
    }

    private static double Entropy(float[] values) => GenotypeDecoder.Softmax(values).Sum(share => share > 0 ? -share * Math.Log(share) : 0);
}
