using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>The normalized architecture weights of one kind of cell, as scalars.</summary>
/// <param name="Operations">For each edge the softmax of α over the 8 operations.</param>
/// <param name="Edges">For each edge the softmax of β over its node's inputs.</param>
internal sealed record CellWeights(IReadOnlyList<Tensor[]> Operations, IReadOnlyList<Tensor> Edges)
{
    internal static CellWeights Of(Tensor alpha, Tensor beta, CellTopology topology)
    {
        int operations = (int)alpha.size(1);
        Tensor[] scalars = alpha.softmax(1).flatten().unbind();
        return new CellWeights([.. scalars.Chunk(operations)], EdgeNormalization.Weights(beta, topology).unbind());
    }
}
