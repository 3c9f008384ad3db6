using Microsoft.ML.PcDarts.Kernels;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Discovered;

/// <summary>A cell of the discovered network: each node is the sum of two operations on earlier states.</summary>
internal sealed class Cell : nn.Module
{
    private readonly IReadOnlyList<GenotypeEdge> _edges;
    private readonly IReadOnlyList<int> _concat;
    private readonly Operation _preprocess0, _preprocess1;
    private readonly Operation[] _operations;
    private readonly bool _reduction;
    private CellPlan? _plan;

    internal Cell(Genotype genotype, int inputs0, int inputs1, int channels, bool reduction, bool previousReduction) : base(nameof(Cell))
    {
        _reduction = reduction;
        _edges = reduction ? genotype.Reduce : genotype.Normal;
        _concat = reduction ? genotype.ReduceConcat : genotype.NormalConcat;
        OutputChannels = _concat.Count * channels;
        _preprocess0 = previousReduction
            ? new FactorizedReduce(inputs0, channels, affine: true)
            : new ReluConvBn(inputs0, channels, affine: true);
        _preprocess1 = new ReluConvBn(inputs1, channels, affine: true);
        _operations = [.. _edges.Select(edge => OperationFactory.Discovered(edge.Operation, channels, reduction && edge.Input < 2 ? 2 : 1))];
        register_module("preprocess0", _preprocess0);
        register_module("preprocess1", _preprocess1);
        register_module("_ops", new ModuleGroup([.. _operations.Select((operation, index) => ($"{index}", (nn.Module)operation))]));
    }

    internal int OutputChannels { get; }

    internal int EdgeCount => _edges.Count;

    /// <summary>The cell as the kernels compute it, or null if they lack one of its operations.</summary>
    internal CellPlan? Plan => _plan ??= _operations.Any(operation => operation.Branch is null) ? null : new CellPlan
    {
        Channels = OutputChannels / _concat.Count, PartialChannels = 1, Nodes = _edges.Count / 2, Reduction = _reduction,
        Preprocess0 = _preprocess0.Branch!.Units[0], Preprocess1 = _preprocess1.Branch!.Units[0],
        Edges = [.. _edges.Select((edge, index) => new CellEdge(edge.Input, index / 2, [(0, _operations[index].Branch!)]))],
        Concat = _concat,
    };

    /// <summary>The outputs of the two cells before → [N, OutputChannels, H, W].</summary>
    /// <param name="input0">The output of the cell before the previous one.</param>
    /// <param name="input1">The output of the previous cell.</param>
    /// <param name="keep">What every edge but an identity is multiplied by, [edges, N, 1, 1, 1], see <see cref="DropPath"/>; null for 1.</param>
    internal Tensor Forward(Tensor input0, Tensor input1, Tensor? keep)
    {
        using DisposeScope scope = NewDisposeScope();
        List<Tensor> states = [_preprocess0.call(input0), _preprocess1.call(input1)];
        for (int edge = 0; edge < _edges.Count; edge += 2)
            states.Add(Edge(edge).Plus(Edge(edge + 1)));
        return cat([.. _concat.Select(state => states[state])], 1).MoveToOuterDisposeScope();

        Tensor Edge(int index)
        {
            Operation operation = _operations[index];
            Tensor output = operation.call(states[_edges[index].Input]);
            // Differs from PC-DARTS: not in place, since the output may be read again.
            return keep is not null && operation is not Identity ? output * keep[index] : output;
        }
    }

    protected override void RegisterComponents() { }
}
