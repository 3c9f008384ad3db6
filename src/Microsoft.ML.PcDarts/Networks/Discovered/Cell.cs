using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Kernels;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Discovered;

/// <summary>A cell of the discovered network: each node is the sum of two operations on earlier states.</summary>
internal sealed class Cell : nn.Module
{
    private readonly PlannedCell _cell;
    private readonly Operation _preprocess0, _preprocess1;
    private readonly Operation[] _operations;
    private CellPlan? _plan;

    public Cell(PlannedCell cell) : base(nameof(Cell))
    {
        _cell = cell;
        _preprocess0 = Preprocess(cell.Input0);
        _preprocess1 = Preprocess(cell.Input1);
        _operations = [.. cell.Edges.Select(edge => OperationFactory.Discovered(edge.Operation, cell.Place.Channels, edge.Stride))];
        register_module("preprocess0", _preprocess0);
        register_module("preprocess1", _preprocess1);
        register_module("_ops", new ModuleGroup([.. _operations.Select((operation, index) => ($"{index}", (nn.Module)operation))]));

        static Operation Preprocess(PlannedInput input)
            => OperationFactory.Preprocess(input.Map.Channels, input.Channels, input.Halves, affine: true);
    }

    public int EdgeCount => _operations.Length;

    /// <summary>The cell as the kernels compute it, or null if they lack one of its operations.</summary>
    public CellPlan? Plan => _plan ??= _operations.Any(operation => operation.Branch is null) ? null : new CellPlan
    {
        Channels = _cell.Place.Channels, PartialChannels = 1, Nodes = _cell.Edges.Count / 2, Reduction = _cell.Place.IsReduction,
        Preprocess0 = _preprocess0.Branch!.Units[0], Preprocess1 = _preprocess1.Branch!.Units[0],
        Edges = [.. _cell.Edges.Zip(_operations, (edge, operation) => new CellEdge(edge.Source, edge.Node, [(0, operation.Branch!)]))],
        Concat = _cell.Concat,
    };

    /// <summary>The outputs of the two cells before → the cell's output [N, C, H, W].</summary>
    /// <param name="input0">The output of the cell before the previous one.</param>
    /// <param name="input1">The output of the previous cell.</param>
    /// <param name="keep">Factors of all edges but identities, [edges, N, 1, 1, 1], see <see cref="DropPath"/>; null for 1.</param>
    public Tensor Forward(Tensor input0, Tensor input1, Tensor? keep)
    {
        using DisposeScope scope = NewDisposeScope();
        List<Tensor> states = [_preprocess0.call(input0), _preprocess1.call(input1)];
        for (int edge = 0; edge < EdgeCount; edge += 2)
            states.Add(Edge(edge).Plus(Edge(edge + 1)));
        return cat([.. _cell.Concat.Select(state => states[state])], 1).MoveToOuterDisposeScope();

        Tensor Edge(int index)
        {
            Operation operation = _operations[index];
            Tensor output = operation.call(states[_cell.Edges[index].Source]);
            // Differs from PC-DARTS: not in place, since the output may be read again.
            return keep is not null && operation is not Identity ? output * keep[index] : output;
        }
    }

    protected override void RegisterComponents() { }
}
