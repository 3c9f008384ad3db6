using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>A cell of the discovered network: each node is the sum of two operations on earlier states.</summary>
internal sealed class Cell : nn.Module
{
    private readonly IReadOnlyList<GenotypeEdge> _edges;
    private readonly IReadOnlyList<int> _concat;
    private readonly Operation _preprocess0, _preprocess1;
    private readonly Operation[] _operations;

    internal Cell(Genotype genotype, int inputs0, int inputs1, int channels, bool reduction, bool previousReduction) : base(nameof(Cell))
    {
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

    /// <summary>The outputs of the two cells before → [N, OutputChannels, H, W].</summary>
    /// <remarks>
    /// Every reader of a cell's output begins with a ReLU, except the global average after the last cell. So cells hand over rectified outputs: the
    /// ReLUs of the states serve the cell's own operations too, and the gradient reaches the batch norms dense, not as the slices that concat's backward pass makes, for which
    /// torch's channels-last batch norm has only a slow serial path.
    /// </remarks>
    /// <param name="input0">The rectified output of the cell before the previous one.</param>
    /// <param name="input1">The rectified output of the previous cell.</param>
    /// <param name="rectify">Whether the output is rectified: true but for the last cell.</param>
    /// <param name="dropPath">Probability of dropping each edge that is not an identity; 0 when not training.</param>
    internal Tensor Forward(Tensor input0, Tensor input1, bool rectify, double dropPath)
    {
        using DisposeScope scope = NewDisposeScope();
        List<Tensor> states = [_preprocess0.Apply(input0), _preprocess1.Apply(input1)];
        Tensor?[] rectified = new Tensor?[_edges.Count / 2 + 2];
        for (int edge = 0; edge < _edges.Count; edge += 2)
            states.Add(Edge(edge) + Edge(edge + 1));
        return cat([.. _concat.Select(state => rectify ? Rectified(state) : states[state])], 1).MoveToOuterDisposeScope();

        Tensor Edge(int index)
        {
            int state = _edges[index].Input;
            Operation operation = _operations[index];
            Tensor output = operation.Apply(operation.StartsWithRelu ? Rectified(state) : states[state]);
            return dropPath > 0 && operation is not Identity ? DropPath.Apply(output, dropPath) : output;
        }

        Tensor Rectified(int state) => rectified[state] ??= nn.functional.relu(states[state]);
    }

    protected override void RegisterComponents() { }
}
