namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// Cells: one forward and one backward pass of a batch through a cell, on the CPU in float32. A sweep over the batch works on image after
/// image, so that the planes in use stay in the cache; a new sweep begins only where a batch norm needs the statistics of all images. Kept
/// for the backward pass are the states and the maps before the norms; everything else is computed again.
/// </summary>
internal sealed unsafe partial class CellPass
{
    private readonly CellPlan _plan;
    private readonly int _images;
    private readonly bool _training, _needsWeightGradients;
    private readonly float[]? _dropPathScales;
    private readonly PlaneShape _sourceShape, _nodeShape;
    private readonly InputPass[] _inputs;
    private readonly EdgePass[] _edges;
    private readonly EdgePass[][] _edgesOfNode;
    private readonly StatePass[] _states;
    private readonly StateGroup[] _groups;
    private readonly UnitPass[] _units;
    private readonly CellBuffers _buffers;
    private float* _mixture;
    private int _sweeps;

    /// <param name="plan">The cell.</param>
    /// <param name="images">Images of the batch.</param>
    /// <param name="input0">Size of the planes of the cell before the previous one.</param>
    /// <param name="input1">Size of the planes of the previous cell.</param>
    /// <param name="training">Whether norms use the statistics of the batch.</param>
    /// <param name="dropPathScales">Drop-path's factor of each edge and image; null for 1.</param>
    /// <param name="buffers">Memory to use.</param>
    public CellPass(
        CellPlan plan, int images, PlaneShape input0, PlaneShape input1, bool training, float[]? dropPathScales, CellBuffers buffers)
    {
        _plan = plan;
        _images = images;
        _training = training;
        _dropPathScales = dropPathScales;
        _buffers = buffers;
        _inputs = [new InputPass(plan.Preprocess0, images, input0), new InputPass(plan.Preprocess1, images, input1)];
        _sourceShape = _inputs[1].Unit.OutputShape;
        if (_inputs[0].Unit.OutputShape != _sourceShape)
        {
            string sizes = $"{_inputs[0].Unit.OutputShape} and {_sourceShape}";
            throw new ArgumentException($"The inputs of a cell give maps of {sizes}; they must be of one size.", nameof(input0));
        }

        _nodeShape = plan.Reduction ? _sourceShape.Halved : _sourceShape;
        _edges = [.. plan.Edges.Select((edge, index) => new EdgePass(edge, index, images, ShapeOf(edge.Source), _nodeShape))];
        _edgesOfNode = [.. Enumerable.Range(0, plan.Nodes).Select(node => _edges.Where(edge => edge.Node == node).ToArray())];
        _states = [.. Enumerable.Range(0, plan.Nodes + 2).Select(state => new StatePass(
            state, plan, ShapeOf(state), _nodeShape, [.. _edges.Where(edge => edge.Source == state)], images))];
        _groups = [new StateGroup(_states[0], _states[1]), .. _states.Skip(2).Select(state => new StateGroup(state))];
        _units = [_inputs[0].Unit, _inputs[1].Unit, .. _edges.SelectMany(edge => edge.Branches).SelectMany(branch => branch.Units)];
        _needsWeightGradients = _units.Any(unit => unit.NeedsWeightGradients);
        foreach (UnitPass unit in _units)
        {
            unit.WeightGradientOffset = _weightGradientFloats;
            _weightGradientFloats = checked(_weightGradientFloats + unit.WeightGradientFloats);
        }
    }

    /// <summary>Operations of an edge and the bypass.</summary>
    private static int MixtureColumns => PrimitiveNames.Searched.Count + 1;

    public int OutputChannels => _plan.Concat.Count * _plan.Channels;

    /// <summary>Size of the output's planes.</summary>
    public PlaneShape OutputShape => _nodeShape;

    private PlaneShape ShapeOf(int state) => state < 2 ? _sourceShape : _nodeShape;

    private float DropPathScale(EdgePass edge, int image) => _dropPathScales is null ? 1 : _dropPathScales[edge.Index * _images + image];

    private double Factor(EdgePass edge, BranchPass branch)
        => _mixture == null ? 1 : _mixture[edge.Index * MixtureColumns + branch.Operation];

    private float BypassFactor(EdgePass edge) => _mixture == null ? 1 : _mixture[edge.Index * MixtureColumns + MixtureColumns - 1];

    /// <summary>A sweep over the images of the batch, in parallel.</summary>
    private void Sweep(Action<int, CellScratch> work) => _buffers.ForEachImage(_images, NextSweepDescends(), work);

    /// <summary>A sweep whose work adds to the gradients of weights, if they are required.</summary>
    private void SweepAddingWeightGradients(Action<int, CellScratch> work)
    {
        if (_needsWeightGradients)
            _buffers.ForEachImageInChunks(_images, NextSweepDescends(), work);
        else
            Sweep(work);
    }

    /// <summary>Every second sweep goes from the last image to the first, to begin with those that are still in the cache.</summary>
    private bool NextSweepDescends() => _sweeps++ % 2 == 1;
}
