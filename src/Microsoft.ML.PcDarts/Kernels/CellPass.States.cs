namespace Microsoft.ML.PcDarts.Kernels;

/// <content>
/// Cells: the values of a state, from the maps of the preprocessing or from all branches and bypasses that lead to a node.
/// </content>
internal sealed unsafe partial class CellPass
{
    private void ComputeState(StatePass state, int image)
    {
        float* values = state.ValuesOf(image);
        if (state.Index < 2)
        {
            NormalizeInput(_inputs[state.Index].Unit, image, values);
            return;
        }

        EdgePass[] edges = _edgesOfNode[state.Index - 2];
        int planeFloats = _nodeShape.PlaneFloats;
        for (int c = 0; c < _plan.Channels; c++)
        {
            float* plane = values + _plan.Shuffled(c) * planeFloats;
            new Span<float>(plane, planeFloats).Clear();
            if (c < _plan.ActiveChannels)
            {
                AddBranches(edges, c, image, plane);
                continue;
            }

            foreach (EdgePass edge in edges)
                Planes.AddScaled(_states[edge.Source].BypassOf(c, image), 0, BypassFactor(edge), plane, planeFloats);
        }
    }

    private void NormalizeInput(UnitPass unit, int image, float* values)
    {
        float* map = unit.MapOf(image);
        NormPass norm = unit.Norm;
        int planeFloats = _sourceShape.PlaneFloats;
        for (int c = 0; c < _plan.Channels; c++)
        {
            Planes.Affine(
                map + c * planeFloats, norm.Mean[c], norm.Scale[c], norm.Shift[c], values + c * planeFloats, _sourceShape);
        }
    }

    /// <summary>plane += Σ factor · norm(map) over the branches. The norms' shifts are added at the end as one number.</summary>
    private void AddBranches(EdgePass[] edges, int channel, int image, float* plane)
    {
        double shift = 0;
        foreach (EdgePass edge in edges)
        {
            float dropPath = DropPathScale(edge, image);
            foreach (BranchPass branch in edge.Branches)
            {
                double factor = Factor(edge, branch) * (branch.Kind == BranchKind.Identity ? 1 : dropPath);
                float* map = MapOf(edge, branch, image) + channel * _nodeShape.PlaneFloats;
                (float mean, float scale, float offset) = branch.Norm is { } norm
                    ? (norm.Mean[channel], norm.Scale[channel], norm.Shift[channel])
                    : (0, 1, 0);
                Planes.AddScaled(map, mean, (float)(factor * scale), plane, _nodeShape.PlaneFloats);
                shift += factor * offset;
            }
        }

        Planes.Affine(plane, 0, 1, (float)shift, plane, _nodeShape);
    }

    /// <summary>The active planes that an operation adds to its node, before its last norm.</summary>
    private float* MapOf(EdgePass edge, BranchPass branch, int image) => branch.Kind switch
    {
        BranchKind.Identity => _states[edge.Source].ValuesOf(image),
        BranchKind.Convolution => branch.Units[^1].MapOf(image),
        _ => _states[edge.Source].PooledOf(branch.Kind, image),
    };

    private void CopyToOutput(StatePass state, int image, float* output)
    {
        for (int i = 0; i < _plan.Concat.Count; i++)
        {
            if (_plan.Concat[i] != state.Index)
                continue;
            float* pixels = output + ((long)image * _plan.Concat.Count + i) * _plan.Channels * _nodeShape.Pixels;
            for (int c = 0; c < _plan.Channels; c++)
                Planes.Unpad(state.ValuesOf(image) + c * _nodeShape.PlaneFloats, _nodeShape, pixels + c * _nodeShape.Pixels);
        }
    }
}
