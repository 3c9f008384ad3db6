namespace Microsoft.ML.PcDarts.Kernels;

/// <content>Cells: backward through the operations of the edges that read a state.</content>
internal sealed unsafe partial class CellPass
{
    /// <summary>Backward through all that adds to nodes: last units, pools, identities, the bypass.</summary>
    private void BackwardLastUnits(StatePass state, int image, CellScratch scratch)
    {
        float* values = state.ValuesOf(image), gradient = state.GradientOf(image);
        nint planeFloats = _nodeShape.PlaneFloats, activeStride = _plan.PartialChannels * planeFloats;
        BeginSourceGradients(state, image, scratch);
        foreach ((EdgePass edge, BranchPass branch) in state.Branches)
        {
            float* node = _states[edge.Node + 2].GradientOf(image);
            if (branch.Kind == BranchKind.Identity)
            {
                for (int c = 0; c < _plan.ActiveChannels; c++)
                    Planes.AddScaled(node + c * activeStride, 0, (float)Factor(edge, branch), gradient + c * planeFloats, planeFloats);
            }

            if (branch.Kind != BranchKind.Convolution)
                continue;
            UnitPass last = branch.Units[^1];
            NormBackward(last, image, node, activeStride, DropPathScale(edge, image), scratch);
            if (branch.IsSeparable)
                BackwardSecondUnit(branch.Units[0], last, image, scratch);
            else
                last.Backward(values, scratch.SourceTiles, scratch, last.ReadsTiles ? scratch.SourceGradients : gradient);
        }

        BackwardPools(state, image, scratch);
        BackwardBypass(state, image, scratch);
        EndSourceGradients(state, image, scratch);
    }

    /// <summary>Backward through the first units of separable convolutions.</summary>
    private void BackwardFirstUnits(StatePass state, int image, CellScratch scratch)
    {
        BeginSourceGradients(state, image, scratch);
        foreach ((_, BranchPass branch) in state.Branches)
        {
            if (!branch.IsSeparable)
                continue;
            NormBackward(branch.Units[0], image, branch.Units[1].MapOf(image), _nodeShape.PlaneFloats, 1, scratch);
            branch.Units[0].Backward(null, scratch.SourceTiles, scratch, scratch.SourceGradients);
        }

        EndSourceGradients(state, image, scratch);
    }

    /// <summary>
    /// Backward through the second unit of a separable convolution and the ReLU before it. The result, the gradient of the first unit's
    /// normalized map, overwrites the second unit's map, which nothing reads any more.
    /// </summary>
    private void BackwardSecondUnit(UnitPass first, UnitPass second, int image, CellScratch scratch)
    {
        FillInnerTiles(first, image, scratch);
        new Span<float>(scratch.InnerGradients, _plan.ActiveChannels * _nodeShape.ScratchFloats).Clear();
        second.Backward(null, scratch.InnerTiles, scratch, scratch.InnerGradients);
        float* map = first.MapOf(image), result = second.MapOf(image);
        for (int c = 0; c < _plan.ActiveChannels; c++)
        {
            float* gradient = scratch.InnerGradients + c * _nodeShape.ScratchFloats;
            float* tile = scratch.InnerTiles + (long)c * _nodeShape.TileFloats;
            int plane = c * _nodeShape.PlaneFloats;
            (float sum, float product) = Planes.ReluGradient(gradient, tile, map + plane, first.Norm.Mean[c], result + plane, _nodeShape);
            first.Norm.SetGradientSums(image, c, sum, product);
        }
    }

    /// <summary>Prepares tiles of a state and their gradients, to which its units add.</summary>
    private void BeginSourceGradients(StatePass state, int image, CellScratch scratch)
    {
        if (!state.NeedsTiles)
            return;
        FillSourceTiles(state, image, scratch);
        int phases = state.Stride * state.Stride;
        new Span<float>(scratch.SourceGradients, _plan.ActiveChannels * phases * _nodeShape.ScratchFloats).Clear();
    }

    /// <summary>Adds the gradients of the tiles to that of the state, through the ReLU.</summary>
    private void EndSourceGradients(StatePass state, int image, CellScratch scratch)
    {
        if (!state.NeedsTiles)
            return;
        int scratchFloats = _nodeShape.ScratchFloats;
        for (int c = 0; c < _plan.ActiveChannels; c++)
        {
            int offset = c * state.Shape.PlaneFloats;
            float* plane = state.ValuesOf(image) + offset, gradient = state.GradientOf(image) + offset;
            if (state.Stride == 1)
                Planes.AddRowPlane(scratch.SourceGradients + c * scratchFloats, plane, gradient, _nodeShape);
            else
                Tiles.AddPhases(scratch.SourceGradients + 4 * c * scratchFloats, scratchFloats, _nodeShape, plane, gradient, state.Shape);
        }
    }
}
