using Microsoft.ML.PcDarts.Architectures;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>Edge normalization (PC-DARTS, section 3.2): the weights of a node's inputs are a softmax of their β.</summary>
internal static class EdgeNormalization
{
    /// <summary>[E] → [E]: a softmax over each node's 2, 3, 4, … inputs.</summary>
    public static Tensor Weights(Tensor beta, CellTopology topology)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] nodes = [.. Enumerable.Range(0, topology.Nodes)
            .Select(node => beta.narrow(0, topology.EdgeOffset(node), topology.InputCount(node)).softmax(0))];
        return cat(nodes).MoveToOuterDisposeScope();
    }
}
