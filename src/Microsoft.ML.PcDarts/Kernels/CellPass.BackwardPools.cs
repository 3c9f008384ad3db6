namespace Microsoft.ML.PcDarts.Kernels;

/// <content>Cells: backward through the pools and the bypass of a state, once for all edges that read it.</content>
internal sealed unsafe partial class CellPass
{
    private void BackwardPools(StatePass state, int image, CellScratch scratch)
    {
        if (state.HasMaxPool)
            BackwardPool(state, BranchKind.MaxPool, image, scratch);
        if (state.HasAvgPool)
            BackwardPool(state, BranchKind.AvgPool, image, scratch);
    }

    /// <summary>All norms after a pool have the same input, so their gradients are one affine function of it.</summary>
    private void BackwardPool(StatePass state, BranchKind kind, int image, CellScratch scratch)
    {
        int planeFloats = _nodeShape.PlaneFloats;
        float* gradient = scratch.MapGradient, pooled = state.PooledOf(kind, image);
        for (int c = 0; c < _plan.ActiveChannels; c++)
        {
            new Span<float>(gradient, planeFloats).Clear();
            double slope = 0, offset = 0;
            float mean = 0;
            foreach ((EdgePass edge, BranchPass branch) in state.Branches)
            {
                if (branch.Kind != kind)
                    continue;
                float* node = _states[edge.Node + 2].GradientOf(image) + _plan.Shuffled(c) * planeFloats;
                float scale = branch.Norm?.GradientScale[c] ?? (float)Factor(edge, branch);
                Planes.AddScaled(node, 0, DropPathScale(edge, image) * scale, gradient, planeFloats);
                slope += branch.Norm?.GradientSlope[c] ?? 0;
                offset += branch.Norm?.GradientOffset[c] ?? 0;
                mean = branch.Norm?.Mean[c] ?? 0;
            }

            Planes.NormGradient(gradient, 1, pooled + c * planeFloats, mean, (float)slope, (float)offset, gradient, _nodeShape);
            int plane = c * state.Shape.PlaneFloats;
            state.PoolBackward(kind, state.ValuesOf(image) + plane, gradient, state.GradientOf(image) + plane, scratch);
        }
    }

    private void BackwardBypass(StatePass state, int image, CellScratch scratch)
    {
        int planeFloats = _nodeShape.PlaneFloats;
        for (int c = _plan.ActiveChannels; c < _plan.Channels; c++)
        {
            int plane = c * state.Shape.PlaneFloats;
            float* gradient = state.GradientOf(image) + plane;
            float* sum = state.Stride == 1 ? gradient : scratch.MapGradient;
            if (state.Stride == 2)
                new Span<float>(sum, planeFloats).Clear();
            foreach (EdgePass edge in state.Edges)
            {
                float* node = _states[edge.Node + 2].GradientOf(image) + _plan.Shuffled(c) * planeFloats;
                Planes.AddScaled(node, 0, BypassFactor(edge), sum, planeFloats);
            }

            if (state.Stride == 2)
                Pooling.AddMaximum2x2Gradient(state.ValuesOf(image) + plane, state.Shape, sum, gradient, _nodeShape);
        }
    }
}
