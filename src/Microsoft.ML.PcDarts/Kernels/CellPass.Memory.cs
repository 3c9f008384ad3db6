namespace Microsoft.ML.PcDarts.Kernels;

/// <content>Cells: the memory of a pass. Kept from forward to backward are states, pooled planes, weights and maps.</content>
internal sealed unsafe partial class CellPass
{
    private readonly int _weightGradientFloats;
    private FloatBuffer? _kept;

    /// <summary>Returns the kept memory. <see cref="Backward"/> then computes its content again.</summary>
    public void Release()
    {
        if (_kept is not null)
            _buffers.Return(_kept);
        _kept = null;
    }

    private void RentMemory()
    {
        _kept = _buffers.Rent(KeptFloats());
        float* next = _kept.Pointer;
        foreach (StatePass state in _states)
            next = state.Assign(next, _images);
        foreach (UnitPass unit in _units)
        {
            unit.ReadWeights(next);
            next += unit.WeightFloats;
            unit.Map = next;
            next += MapFloats(unit);
        }

        _buffers.Prepare(Sizes());
    }

    private long KeptFloats()
    {
        long floats = 0;
        foreach (StatePass state in _states)
            floats += state.KeptFloats(_images);
        foreach (UnitPass unit in _units)
            floats += unit.WeightFloats + MapFloats(unit);
        return floats;
    }

    private long MapFloats(UnitPass unit) => (long)_images * unit.Outputs * unit.OutputShape.PlaneFloats;

    /// <summary>Memory for the gradients of all states, until the end of the backward pass.</summary>
    private FloatBuffer RentGradients()
    {
        FloatBuffer gradients = _buffers.Rent(_states.Sum(state => state.ValueFloats(_images)));
        float* next = gradients.Pointer;
        foreach (StatePass state in _states)
        {
            state.Gradient = next;
            next += state.ValueFloats(_images);
        }

        return gradients;
    }

    private ScratchSizes Sizes()
    {
        int phases = _plan.Reduction ? 4 : 1, active = _plan.ActiveChannels;
        long scratchFloats = Math.Max(_nodeShape.ScratchFloats, _sourceShape.ScratchFloats);
        long tiles = Math.Max(_sourceShape.TileFloats, (long)phases * _nodeShape.TileFloats);
        return new ScratchSizes(
            SourceTiles: active * tiles,
            InnerTiles: (long)active * _nodeShape.TileFloats,
            PointwiseInput: Math.Max(phases, _units.Max(unit => unit.Columns)) * scratchFloats,
            MapGradient: _plan.Channels * scratchFloats,
            PlaneTiles: tiles,
            SourceGradients: active * Math.Max(_sourceShape.ScratchFloats, (long)phases * _nodeShape.ScratchFloats),
            InnerGradients: (long)active * _nodeShape.ScratchFloats,
            PaddedInput: _inputs.Max(input => input.PaddedFloats),
            Transposed: _units.Max(unit => unit.TransposedFloats),
            WeightGradients: _weightGradientFloats);
    }
}
