namespace Microsoft.ML.PcDarts.Kernels;

/// <content>How states come about.</content>
internal sealed unsafe partial class CellPass
{
    private void MakeState(StatePass state, int image, CellScratch scratch)
    {
        float* planes = state.PlanesOf(image);
        if (state.Index >= 2)
        {
            MakeNode(state.Index - 2, image, planes);
            return;
        }

        UnitPass unit = state.Index == 0 ? _preprocess0 : _preprocess1;
        float* map = unit.MapOf(image);
        for (int c = 0; c < _plan.Channels; c++)
            Planes.Affine(map + c * _source.Size, unit.Norm.Mean[c], unit.Norm.Scale[c], unit.Norm.Shift[c], planes + c * _source.Size, _source);
    }

    private void MakeNode(int node, int image, float* planes)
    {
        int k = _plan.PartialChannels;
        EdgePass[] inputs = [.. _edges.Where(edge => edge.Node == node)];
        for (int c = 0; c < _active; c++)
        {
            float* plane = planes + c * k * _node.Size;
            double shift = 0;
            new Span<float>(plane, _node.Size).Clear();
            foreach (EdgePass edge in inputs)
            {
                float keep = Keep(edge, image);
                foreach (BranchPass branch in edge.Branches)
                {
                    double factor = Factor(edge, branch) * (branch.Kind == BranchKind.Identity ? 1 : keep);
                    float* map = MapOf(edge, branch, image) + c * _node.Size;
                    Planes.Add(map, branch.Norm?.Mean[c] ?? 0, (float)(factor * (branch.Norm?.Scale[c] ?? 1)), plane, _node.Size);
                    shift += factor * (branch.Norm?.Shift[c] ?? 0);
                }
            }

            Planes.Affine(plane, 0, 1, (float)shift, plane, _node);
        }

        // A channel g · A + i of an edge's output goes to i · K + g: the shuffle moves nothing, it names the place.
        for (int c = _active; c < _plan.Channels; c++)
        {
            float* plane = planes + (c % _active * k + c / _active) * _node.Size;
            new Span<float>(plane, _node.Size).Clear();
            foreach (EdgePass edge in inputs)
                Planes.Add(BypassOf(_states[edge.Source], c, image), 0, BypassFactor(edge), plane, _node.Size);
        }
    }

    /// <summary>The active planes that an operation adds to its node, before its last norm.</summary>
    private float* MapOf(EdgePass edge, BranchPass branch, int image) => branch.Kind switch
    {
        BranchKind.Identity => _states[edge.Source].PlanesOf(image),
        BranchKind.Convolution => branch.Units[^1].MapOf(image),
        _ => _states[edge.Source].PooledOf(branch.Kind, image),
    };

    private float* BypassOf(StatePass source, int channel, int image) => source.Stride == 1
        ? source.PlanesOf(image) + channel * source.Shape.Size
        : source.Bypassed + ((long)image * (_plan.Channels - _active) + channel - _active) * _node.Size;

    private float BypassFactor(EdgePass edge) => _mixture == null ? 1 : _mixture[edge.Index * MixtureColumns + MixtureColumns - 1];

    private void CopyToOutput(StatePass state, int image, float* output)
    {
        for (int i = 0; i < _plan.Concat.Count; i++)
        {
            if (_plan.Concat[i] != state.Index)
                continue;
            float* target = output + ((long)image * _plan.Concat.Count + i) * _plan.Channels * _node.Pixels;
            for (int c = 0; c < _plan.Channels; c++)
                Planes.Unpad(state.PlanesOf(image) + c * _node.Size, _node, target + c * _node.Pixels);
        }
    }
}
