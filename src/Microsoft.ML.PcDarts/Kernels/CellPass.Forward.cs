namespace Microsoft.ML.PcDarts.Kernels;

/// <content>Cells: the forward pass, and its repetition without the statistics.</content>
internal sealed unsafe partial class CellPass
{
    /// <summary>Computes the cell.</summary>
    /// <param name="input0">
    /// The cell before the previous one, [N, C0, H0, W0] contiguous; must live until the end of the backward pass.
    /// </param>
    /// <param name="input1">The previous cell, likewise.</param>
    /// <param name="mixture">
    /// For each edge a factor for each of its operations and one for the bypass, or null for ones; must live as long.
    /// </param>
    /// <param name="output">Receives [N, concat · C, H, W].</param>
    public void Forward(float* input0, float* input1, float* mixture, float* output)
    {
        _inputs[0].Pixels = input0;
        _inputs[1].Pixels = input1;
        _mixture = mixture;
        RentMemory();
        _sweeps = 0;
        Sweep((image, scratch) => ForwardInputs(image, scratch, _training));
        foreach (InputPass input in _inputs)
            SetNorm(input.Unit);
        foreach (StateGroup group in _groups)
        {
            Sweep((image, scratch) =>
            {
                foreach (StatePass state in group.States)
                {
                    ComputeState(state, image);
                    CopyToOutput(state, image, output);
                    ForwardState(state, image, scratch, _training);
                }
            });
            SetFirstNorms(group);
            if (group.Separable.Length == 0)
                continue;
            Sweep((image, scratch) =>
            {
                foreach (BranchPass branch in group.Separable)
                    ForwardSecondUnit(branch, image, scratch, _training);
            });
            foreach (BranchPass branch in group.Separable)
                SetNorm(branch.Units[1]);
        }
    }

    /// <summary>Computes the kept maps again, in one sweep since the norms have their statistics.</summary>
    private void Recompute()
    {
        RentMemory();
        Sweep((image, scratch) =>
        {
            ForwardInputs(image, scratch, moments: false);
            foreach (StatePass state in _states)
            {
                ComputeState(state, image);
                ForwardState(state, image, scratch, moments: false);
                foreach ((_, BranchPass branch) in state.Branches)
                {
                    if (branch.IsSeparable)
                        ForwardSecondUnit(branch, image, scratch, moments: false);
                }
            }
        });
    }

    private void ForwardInputs(int image, CellScratch scratch, bool moments)
    {
        foreach (InputPass input in _inputs)
            input.Unit.Forward(image, input.PlanesOf(image, scratch), null, scratch, moments);
    }

    /// <summary>All that depends only on the state itself: first units, pools, the bypass.</summary>
    private void ForwardState(StatePass state, int image, CellScratch scratch, bool moments)
    {
        float* values = state.ValuesOf(image);
        int planeFloats = state.Shape.PlaneFloats, active = _plan.ActiveChannels;
        if (state.NeedsTiles)
            FillSourceTiles(state, image, scratch);
        foreach ((_, BranchPass branch) in state.Branches)
        {
            if (branch.Kind == BranchKind.Convolution)
                branch.Units[0].Forward(image, values, scratch.SourceTiles, scratch, moments);
        }

        for (int c = 0; c < active; c++)
        {
            if (state.HasMaxPool)
                state.MaxPool(image, c, values + c * planeFloats, scratch, moments);
            if (state.HasAvgPool)
                state.AvgPool(image, c, values + c * planeFloats, scratch, moments);
        }

        if (state.Stride == 1 || state.Edges.Length == 0)
            return;
        for (int c = active; c < _plan.Channels; c++)
            Pooling.Maximum2x2(values + c * planeFloats, state.Shape, state.BypassOf(c, image), _nodeShape);
    }

    private void ForwardSecondUnit(BranchPass branch, int image, CellScratch scratch, bool moments)
    {
        FillInnerTiles(branch.Units[0], image, scratch);
        branch.Units[1].Forward(image, null, scratch.InnerTiles, scratch, moments);
    }

    private void FillSourceTiles(StatePass state, int image, CellScratch scratch)
    {
        for (int c = 0; c < _plan.ActiveChannels; c++)
        {
            float* plane = state.ValuesOf(image) + c * state.Shape.PlaneFloats, tiles = scratch.SourceTiles;
            if (state.Stride == 1)
                Tiles.Fill(plane, state.Shape, tiles + (long)c * state.Shape.TileFloats, relu: true);
            else
                Tiles.FillPhases(plane, state.Shape, tiles + 4L * c * _nodeShape.TileFloats, _nodeShape, outside: 0, relu: true);
        }
    }

    /// <summary>The ReLU of the normalized map between the two units of a separable convolution.</summary>
    private void FillInnerTiles(UnitPass first, int image, CellScratch scratch)
    {
        NormPass norm = first.Norm;
        for (int c = 0; c < _plan.ActiveChannels; c++)
        {
            float* plane = first.MapOf(image) + c * _nodeShape.PlaneFloats, tile = scratch.InnerTiles + (long)c * _nodeShape.TileFloats;
            Tiles.Fill(plane, _nodeShape, tile, norm.Mean[c], norm.Scale[c], norm.Shift[c], relu: true);
        }
    }

    private void SetNorm(UnitPass unit) => SetNorm(unit.Norm, unit.Moments);

    /// <summary>Sets the norms of all first units and pools.</summary>
    private void SetFirstNorms(StateGroup group)
    {
        foreach (StatePass state in group.States)
        {
            foreach ((_, BranchPass branch) in state.Branches)
            {
                if (branch.Kind == BranchKind.Convolution)
                    SetNorm(branch.Units[0]);
                else if (branch.Norm is not null)
                    SetNorm(branch.Norm, branch.Kind == BranchKind.MaxPool ? state.MaxMoments : state.AvgMoments);
            }
        }
    }

    private void SetNorm(NormPass norm, MapMoments moments)
    {
        if (_training)
            norm.UseBatchStatistics(moments);
        else
            norm.UseRunningStatistics();
    }
}
