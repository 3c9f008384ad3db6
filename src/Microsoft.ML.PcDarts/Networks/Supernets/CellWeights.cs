using Microsoft.ML.PcDarts.Architectures;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>The normalized architecture weights of one kind of cell.</summary>
/// <param name="Operations">[E, 8]: for each edge the softmax of α over the operations.</param>
/// <param name="Edges">[E]: for each edge the softmax of β over its node's inputs.</param>
internal sealed record CellWeights(Tensor Operations, Tensor Edges)
{
    /// <summary>[E, 9]: each operation's share of its node, and last that of the channels that pass no operation.</summary>
    public Tensor Mixture { get; } = cat([Operations, ones_like(Edges).unsqueeze(1)], 1) * Edges.unsqueeze(1);

    public static CellWeights Of(Tensor alpha, Tensor beta, CellTopology topology)
        => new(alpha.softmax(1), EdgeNormalization.Weights(beta, topology));
}
