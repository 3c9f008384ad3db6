using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>A supernet cell: every node is the β-weighted sum of mixed operations on the two inputs and all earlier nodes.</summary>
internal sealed class SearchCell : nn.Module
{
    private readonly CellTopology _topology;
    private readonly Operation _preprocess0, _preprocess1;
    private readonly MixedOperation[] _edges;

    internal SearchCell(
        CellTopology topology, int inputs0, int inputs1, int channels, int partialChannels, bool reduction, bool previousReduction)
        : base(nameof(SearchCell))
    {
        _topology = topology;
        IsReduction = reduction;
        _preprocess0 = previousReduction
            ? new FactorizedReduce(inputs0, channels, affine: false)
            : new ReluConvBn(inputs0, channels, affine: false);
        _preprocess1 = new ReluConvBn(inputs1, channels, affine: false);
        _edges = [.. Enumerable.Range(0, topology.Nodes)
            .SelectMany(node => Enumerable.Range(0, topology.InputCount(node)))
            .Select(input => new MixedOperation(channels, reduction && input < 2 ? 2 : 1, partialChannels))];
        register_module("preprocess0", _preprocess0);
        register_module("preprocess1", _preprocess1);
        register_module("_ops", new ModuleGroup([.. _edges.Select((edge, index) => ($"{index}", (nn.Module)edge))]));
    }

    internal bool IsReduction { get; }

    /// <summary>The two cells before → [N, nodes · C, H, W].</summary>
    internal Tensor Forward(Tensor input0, Tensor input1, CellWeights weights)
    {
        using DisposeScope scope = NewDisposeScope();
        List<Tensor> states = [_preprocess0.call(input0), _preprocess1.call(input1)];
        for (int node = 0; node < _topology.Nodes; node++)
            states.Add(Node(states, node, weights));
        return cat([.. states.Skip(2)], 1).MoveToOuterDisposeScope();
    }

    private Tensor Node(IReadOnlyList<Tensor> states, int node, CellWeights weights)
    {
        using DisposeScope scope = NewDisposeScope();
        int offset = _topology.EdgeOffset(node);
        Tensor? sum = null;
        for (int input = 0; input < states.Count; input++)
        {
            int edge = offset + input;
            Tensor term = _edges[edge].Forward(states[input], weights.Operations[edge]) * weights.Edges[edge];
            sum = sum is null ? term : sum + term;
        }

        return sum!.MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }
}
