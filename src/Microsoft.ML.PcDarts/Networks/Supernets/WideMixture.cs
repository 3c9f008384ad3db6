using Microsoft.ML.PcDarts.Architectures;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>The shares that the edges of a <see cref="WideStep"/> have in their nodes, by what computes them.</summary>
/// <param name="Plain">[edges, 3]: of max pooling, average pooling and identity; at stride 2 [edges, 2], of the poolings.</param>
/// <param name="Convolutions">[edges, 4]: of the convolutions; at stride 2 [edges, 5], where the skip connection is the first.</param>
/// <param name="Bypassed">[edges, 1]: of the channels that pass no operation.</param>
internal sealed record WideMixture(Tensor Plain, Tensor Convolutions, Tensor Bypassed)
{
    /// <summary>Splits a mixture [E, 9] by step.</summary>
    public static WideMixture[] Of(Tensor mixture, CellTopology topology, bool reduction)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] edges = mixture.unbind();
        return [.. Enumerable.Range(0, topology.Nodes).Select(Step)];

        WideMixture Step(int step)
        {
            Tensor rows = stack([.. WideStep.Edges(topology, step).Select(edge => edges[edge])]); // [edges, 9]
            long plain = reduction && step == 0 ? 2 : 3;
            long[] columns = [1, plain, mixture.size(1) - 2 - plain, 1]; // the operation "none" adds nothing
            Tensor[] parts = rows.split(columns, 1);
            return new WideMixture(
                parts[1].MoveToOuterDisposeScope(), parts[2].MoveToOuterDisposeScope(), parts[3].MoveToOuterDisposeScope());
        }
    }
}
