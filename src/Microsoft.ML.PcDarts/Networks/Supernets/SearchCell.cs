using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Kernels;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>A supernet cell: every node is the β-weighted sum of mixed operations on the two inputs and all earlier nodes.</summary>
internal sealed class SearchCell : nn.Module
{
    private readonly CellTopology _topology;
    private readonly Operation _preprocess0, _preprocess1;
    private readonly MixedOperation[] _edges;
    private readonly CellPlace _place;
    private readonly int _partialChannels;
    private CellPlan? _plan;
    private WideCell? _wide;

    public SearchCell(CellTopology topology, CellPlace place, int inputs0, int inputs1, int partialChannels) : base(nameof(SearchCell))
    {
        _topology = topology;
        _place = place;
        _partialChannels = partialChannels;
        _preprocess0 = OperationFactory.Preprocess(inputs0, place.Channels, halves: place.AfterReduction, affine: false);
        _preprocess1 = OperationFactory.Preprocess(inputs1, place.Channels, halves: false, affine: false);
        _edges = [.. Enumerable.Range(0, topology.Nodes)
            .SelectMany(node => Enumerable.Range(0, topology.InputCount(node)))
            .Select(input => new MixedOperation(place.Channels, place.Stride(input), partialChannels))];
        register_module("preprocess0", _preprocess0);
        register_module("preprocess1", _preprocess1);
        register_module("_ops", new ModuleGroup([.. _edges.Select((edge, index) => ($"{index}", (nn.Module)edge))]));
    }

    public bool IsReduction => _place.IsReduction;

    /// <summary>The cell as the kernels compute it.</summary>
    public CellPlan Plan => _plan ??= new CellPlan
    {
        Channels = _place.Channels, PartialChannels = _partialChannels, Nodes = _topology.Nodes, Reduction = IsReduction,
        Preprocess0 = _preprocess0.Branch!.Units[0], Preprocess1 = _preprocess1.Branch!.Units[0],
        Edges = [.. _edges.Select((edge, index) => Edge(index, edge.Branches))],
        Concat = [.. Enumerable.Range(2, _topology.Nodes)],
    };

    /// <summary>Makes the wide form, whose weights are gathered with those of the other cells.</summary>
    public void Widen(WideWeights weights) => _wide = new WideCell(Plan, weights);

    /// <summary>The same as <see cref="Forward"/> in the wide form; call <see cref="Widen"/> first.</summary>
    public Tensor ForwardWide(Tensor input0, Tensor input1, IReadOnlyList<WideMixture> mixture, WidePass pass)
    {
        using DisposeScope scope = NewDisposeScope();
        return _wide!.Forward(_preprocess0.call(input0), _preprocess1.call(input1), mixture, pass).MoveToOuterDisposeScope();
    }

    /// <summary>The two cells before → [N, nodes · C, H, W].</summary>
    public Tensor Forward(Tensor input0, Tensor input1, CellWeights weights)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] edges = weights.Edges.unbind();
        Tensor[][] operations = [.. weights.Operations.unbind().Select(edge => edge.unbind())];
        List<Tensor> states = [_preprocess0.call(input0), _preprocess1.call(input1)];
        for (int node = 0; node < _topology.Nodes; node++)
            states.Add(Node(states, node, operations, edges));
        return cat([.. states.Skip(2)], 1).MoveToOuterDisposeScope();
    }

    private Tensor Node(IReadOnlyList<Tensor> states, int node, Tensor[][] operations, Tensor[] edges)
    {
        using DisposeScope scope = NewDisposeScope();
        int offset = _topology.EdgeOffset(node);
        Tensor? sum = null;
        for (int input = 0; input < states.Count; input++)
        {
            int edge = offset + input;
            Tensor term = _edges[edge].Forward(states[input], operations[edge]) * edges[edge];
            sum = sum is null ? term : sum.Plus(term);
        }

        return sum!.MoveToOuterDisposeScope();
    }

    private CellEdge Edge(int index, IReadOnlyList<(int, Branch)> branches)
    {
        int node = Enumerable.Range(0, _topology.Nodes).Last(node => _topology.EdgeOffset(node) <= index);
        return new CellEdge(index - _topology.EdgeOffset(node), node, branches);
    }

    protected override void RegisterComponents() { }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _wide?.Dispose();
        base.Dispose(disposing);
    }
}
