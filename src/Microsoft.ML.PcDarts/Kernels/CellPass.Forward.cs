namespace Microsoft.ML.PcDarts;

internal sealed unsafe partial class CellPass
{
    /// <summary>Computes the cell.</summary>
    /// <param name="input0">The cell before the previous one, [N, C0, H0, W0] contiguous; must live until the backward pass has ended.</param>
    /// <param name="input1">The previous cell, likewise.</param>
    /// <param name="mixture">For each edge a factor for each of its operations and one for the bypass, or null for ones; as long-lived.</param>
    /// <param name="output">Receives [N, concat · C, H, W].</param>
    internal void Forward(float* input0, float* input1, float* mixture, float* output)
    {
        _in0 = input0;
        _in1 = input1;
        _mixture = mixture;
        ForEachImage((image, scratch) =>
        {
            _preprocess0.Forward(image, InputPlanes(0, image, scratch), null, scratch, _training);
            _preprocess1.Forward(image, InputPlanes(1, image, scratch), null, scratch, _training);
        });
        Prepare(_preprocess0);
        Prepare(_preprocess1);
        foreach (StatePass[] group in Groups())
        {
            ForEachImage((image, scratch) =>
            {
                foreach (StatePass state in group)
                {
                    MakeState(state, image, scratch);
                    CopyToOutput(state, image, output);
                    FirstUnits(state, image, scratch);
                }
            });
            foreach ((StatePass state, BranchPass branch) in group.SelectMany(state => state.Branches.Select(entry => (state, entry.Branch))))
                PrepareFirst(state, branch);
            BranchPass[] separable = [.. group.SelectMany(state => state.Branches).Select(entry => entry.Branch).Where(branch => branch.Units.Length > 1)];
            if (separable.Length == 0)
                continue;
            ForEachImage((image, scratch) =>
            {
                foreach (BranchPass branch in separable)
                {
                    FillInner(branch.Units[0], image, scratch);
                    branch.Units[1].Forward(image, null, scratch.Inner, scratch, _training);
                }
            });
            foreach (BranchPass branch in separable)
                Prepare(branch.Units[1]);
        }
    }

    private void ForEachImage(Action<int, CellScratch> work) => _buffers.ForEachImage(_images, work);

    /// <summary>States that can be worked on together, in order: the two inputs, then one node after the other.</summary>
    private IEnumerable<StatePass[]> Groups()
    {
        yield return [_states[0], _states[1]];
        for (int state = 2; state < _states.Length; state++)
            yield return [_states[state]];
    }

    /// <summary>The planes of a cell's input with padded rows.</summary>
    private float* InputPlanes(int input, int image, CellScratch scratch)
    {
        (UnitPass unit, PlaneShape shape) = input == 0 ? (_preprocess0, _input0) : (_preprocess1, _input1);
        int channels = unit.Inputs;
        float* dense = (input == 0 ? _in0 : _in1) + (long)image * channels * shape.Pixels;
        if (shape.Stride == shape.Width)
            return dense;
        for (int c = 0; c < channels; c++)
            Planes.Pad(dense + c * shape.Pixels, shape, scratch.Input + (long)c * shape.Size);
        return scratch.Input;
    }

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

    /// <summary>All that reads only the state itself.</summary>
    private void FirstUnits(StatePass state, int image, CellScratch scratch)
    {
        float* planes = state.PlanesOf(image);
        if (state.NeedsTiles)
            FillTiles(state, image, scratch);
        foreach ((_, BranchPass branch) in state.Branches)
        {
            if (branch.Kind == BranchKind.Convolution)
                branch.Units[0].Forward(image, planes, scratch.Tiles, scratch, _training);
        }

        for (int c = 0; c < _active; c++)
        {
            if (state.HasMaxPool)
                state.MaxPool(image, c, planes + c * state.Shape.Size, scratch, _training);
            if (state.HasAvgPool)
                state.AvgPool(image, c, planes + c * state.Shape.Size, scratch, _training);
        }

        if (state.Stride == 1 || state.Edges.Length == 0)
            return;
        for (int c = _active; c < _plan.Channels; c++)
            Pooling.Maximum2x2(planes + c * state.Shape.Size, state.Shape, BypassOf(state, c, image), _node);
    }

    private void FillTiles(StatePass state, int image, CellScratch scratch)
    {
        for (int c = 0; c < _active; c++)
        {
            float* plane = state.PlanesOf(image) + c * state.Shape.Size;
            if (state.Stride == 1)
                Tiles.Fill(plane, state.Shape, scratch.Tiles + (long)c * state.Shape.TileSize, rectify: true);
            else
                Tiles.FillPhases(plane, state.Shape, scratch.Tiles + 4L * c * _node.TileSize, _node, outside: 0, rectify: true);
        }
    }

    /// <summary>The rectified, normalized map between the two units of a separable convolution.</summary>
    private void FillInner(UnitPass first, int image, CellScratch scratch)
    {
        for (int c = 0; c < _active; c++)
            Tiles.Fill(first.MapOf(image) + c * _node.Size, _node, scratch.Inner + (long)c * _node.TileSize, first.Norm.Mean[c], first.Norm.Scale[c], first.Norm.Shift[c], rectify: true);
    }

    private void Prepare(UnitPass unit)
    {
        if (_training)
            unit.Norm.FromBatch(unit.Moments);
        else
            unit.Norm.FromRunning();
    }

    private void PrepareFirst(StatePass state, BranchPass branch)
    {
        if (branch.Kind == BranchKind.Convolution)
            Prepare(branch.Units[0]);
        else if (branch.Norm is not null && _training)
            branch.Norm.FromBatch(branch.Kind == BranchKind.MaxPool ? state.MaxMoments : state.AvgMoments);
        else
            branch.Norm?.FromRunning();
    }
}
