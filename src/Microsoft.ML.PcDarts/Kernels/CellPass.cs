namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// One forward and one backward pass of a batch through a cell, on the CPU in float32. Pictures are worked on one by one, so that the planes in use stay in the cache;
/// passes over the batch meet only where a batch norm needs the statistics of all pictures. Kept for the backward pass are the states and the maps before
/// the norms; everything else is computed again.
/// </summary>
internal sealed unsafe partial class CellPass
{
    private readonly CellPlan _plan;
    private readonly int _images, _active;
    private readonly PlaneShape _input0, _input1, _source, _node;
    private readonly UnitPass _preprocess0, _preprocess1;
    private readonly EdgePass[] _edges;
    private readonly StatePass[] _states;
    private readonly float[]? _keep;
    private readonly CellBuffers _buffers;
    private FloatBlock? _saved;
    private readonly bool _training, _needsWeightGradients;
    private readonly int _weightFloats;
    private readonly CellSizes _sizes;
    private bool _ahead;
    private float* _in0, _in1, _mixture;

    /// <param name="plan">The cell.</param>
    /// <param name="images">Pictures of the batch.</param>
    /// <param name="input0">Size of the planes of the cell before the previous one.</param>
    /// <param name="input1">Size of the planes of the previous cell.</param>
    /// <param name="training">Whether norms take the batch's statistics.</param>
    /// <param name="keep">For each edge and picture the factor that drop-path gives it, or null for 1.</param>
    /// <param name="buffers">Memory to use.</param>
    internal CellPass(CellPlan plan, int images, PlaneShape input0, PlaneShape input1, bool training, float[]? keep, CellBuffers buffers)
    {
        _plan = plan;
        _images = images;
        _active = plan.Active;
        _training = training;
        _keep = keep;
        _buffers = buffers;
        (_input0, _input1) = (input0, input1);
        _preprocess0 = new UnitPass(plan.Preprocess0, images, input0);
        _preprocess1 = new UnitPass(plan.Preprocess1, images, input1);
        _source = _preprocess1.Output;
        if (_preprocess0.Output != _source)
            throw new ArgumentException($"The inputs of a cell give maps of {_preprocess0.Output} and {_source}; they must be of one size.", nameof(input0));
        _node = plan.Reduction ? _source.Halved : _source;
        _edges = [.. plan.Edges.Select((edge, index) => new EdgePass(edge, index, images, ShapeOf(edge.Source), _node))];
        _states = [.. Enumerable.Range(0, plan.Nodes + 2).Select(state => new StatePass(
            state, plan.StrideOf(state), ShapeOf(state), _node, [.. _edges.Where(edge => edge.Source == state)], images, plan.Channels, _active))];
        int weightFloats = 0;
        foreach (UnitPass unit in Units)
        {
            unit.WeightOffset = weightFloats;
            weightFloats = checked(weightFloats + unit.WeightFloats);
        }

        _weightFloats = weightFloats;
        _needsWeightGradients = Units.Any(unit => unit.NeedsWeightGradients);
        _sizes = Sizes(weightFloats);
    }

    /// <summary>Operations of an edge and the bypass.</summary>
    private static int MixtureColumns => PrimitiveNames.Searched.Count + 1;

    internal int OutputChannels => _plan.Concat.Count * _plan.Channels;

    /// <summary>Size of the cell's output planes.</summary>
    internal PlaneShape Output => _node;

    private IEnumerable<UnitPass> Units => EdgeUnits.Prepend(_preprocess1).Prepend(_preprocess0);

    private IEnumerable<UnitPass> EdgeUnits => _edges.SelectMany(edge => edge.Branches).SelectMany(branch => branch.Units);

    /// <summary>Gives the memory that was kept for the backward pass back for reuse. <see cref="Backward"/> then computes its content again.</summary>
    internal void Release()
    {
        if (_saved is not null)
            _buffers.Return(_saved);
        _saved = null;
    }

    private void TakeMemory()
    {
        _saved = _buffers.Rent(SavedFloats());
        AssignMaps();
        _buffers.Prepare(_sizes);
    }

    private PlaneShape ShapeOf(int state) => state < 2 ? _source : _node;

    private float Keep(EdgePass edge, int image) => _keep is null ? 1 : _keep[edge.Index * _images + image];

    private double Factor(EdgePass edge, BranchPass branch)
        => _mixture == null ? 1 : _mixture[edge.Index * MixtureColumns + branch.Operation];

    private long SavedFloats()
    {
        long floats = 0;
        foreach (StatePass state in _states)
            floats += state.Floats(_images);
        foreach (UnitPass unit in Units)
            floats += unit.OwnFloats + (long)_images * unit.Outputs * unit.Output.Size;
        return floats;
    }

    private void AssignMaps()
    {
        float* next = _saved!.Pointer;
        foreach (StatePass state in _states)
            next = state.Assign(next, _images);
        foreach (UnitPass unit in Units)
        {
            unit.ReadWeights(next);
            next += unit.OwnFloats;
            unit.Map = next;
            next += (long)_images * unit.Outputs * unit.Output.Size;
        }
    }

    private CellSizes Sizes(long weightFloats)
    {
        int phases = _plan.Reduction ? 4 : 1;
        long tile = Math.Max(_node.TileSize, _source.TileSize), scratch = Math.Max(_node.ScratchSize, _source.ScratchSize);
        long tiles = Math.Max(_source.TileSize, (long)phases * _node.TileSize);
        long sources = Math.Max(_source.ScratchSize, (long)phases * _node.ScratchSize);
        return new CellSizes(
            Tiles: _active * tiles,
            Inner: (long)_active * _node.TileSize,
            Maps: Math.Max(phases, Units.Max(unit => unit.Columns)) * scratch,
            Gradients: _plan.Channels * scratch,
            Tile: Math.Max(tile, tiles),
            SourceGradients: _active * sources,
            InnerGradients: (long)_active * _node.ScratchSize,
            Input: Math.Max(
                (long)_preprocess0.Inputs * _input0.Size,
                (long)_preprocess1.Inputs * _input1.Size),
            Turned: Units.Max(unit => unit.TurnedFloats),
            WeightGradients: weightFloats);
    }
}

/// <summary>An edge during a pass.</summary>
internal sealed class EdgePass(CellEdge edge, int index, int images, PlaneShape source, PlaneShape node)
{
    internal int Index => index;

    internal int Source => edge.Source;

    internal int Node => edge.Node;

    /// <summary>Gradient of the factor of the channels that pass no operation, a picture each.</summary>
    internal double[] BypassGradient { get; } = new double[images];

    internal BranchPass[] Branches { get; } =
        [.. edge.Branches.Select(entry => new BranchPass(entry.Operation, entry.Branch, images, source, node))];
}

/// <summary>An operation of an edge during a pass.</summary>
internal sealed class BranchPass
{
    internal BranchPass(int operation, Branch branch, int images, PlaneShape source, PlaneShape node)
    {
        Operation = operation;
        Kind = branch.Kind;
        Units = [.. branch.Units.Select((unit, i) => new UnitPass(unit, images, i == 0 ? source : node))];
        PlainGradient = new double[images];
        Norm = Units.Length > 0 ? Units[^1].Norm : branch.Norm is null ? null : new NormPass(branch.Norm, images, node.Pixels);
    }

    /// <summary>Number of the operation in the mixture.</summary>
    internal int Operation { get; }

    internal BranchKind Kind { get; }

    internal UnitPass[] Units { get; }

    /// <summary>The norm that ends the operation, if one does.</summary>
    internal NormPass? Norm { get; }

    /// <summary>For an operation without a norm: gradient of its factor, a picture each.</summary>
    internal double[] PlainGradient { get; }
}
