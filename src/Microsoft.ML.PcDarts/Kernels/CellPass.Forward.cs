namespace Microsoft.ML.PcDarts.Kernels;

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
        TakeMemory();
        _ahead = false;
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
                    FirstUnits(state, image, scratch, _training);
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
                    SecondUnit(branch, image, scratch, _training);
            });
            foreach (BranchPass branch in separable)
                Prepare(branch.Units[1]);
        }
    }

    /// <summary>Computes what the backward pass reads again. The norms know their statistics, so pictures never wait for each other.</summary>
    private void Recompute()
    {
        TakeMemory();
        ForEachImage((image, scratch) =>
        {
            _preprocess0.Forward(image, InputPlanes(0, image, scratch), null, scratch, moments: false);
            _preprocess1.Forward(image, InputPlanes(1, image, scratch), null, scratch, moments: false);
            foreach (StatePass state in _states)
            {
                MakeState(state, image, scratch);
                FirstUnits(state, image, scratch, moments: false);
                foreach ((_, BranchPass branch) in state.Branches)
                {
                    if (branch.Units.Length > 1)
                        SecondUnit(branch, image, scratch, moments: false);
                }
            }
        });
    }

    private void ForEachImage(Action<int, CellScratch> work) => _buffers.ForEachImage(_images, Turn(work));

    private void ForEachImageSumming(Action<int, CellScratch> work)
    {
        if (_needsWeightGradients)
            _buffers.ForEachImageSumming(_images, Turn(work));
        else
            ForEachImage(work);
    }

    /// <summary>Every second pass over the batch goes backwards, so that it begins with the pictures that are still in the cache.</summary>
    private Action<int, CellScratch> Turn(Action<int, CellScratch> work)
    {
        _ahead = !_ahead;
        return _ahead ? work : (image, scratch) => work(_images - 1 - image, scratch);
    }

    /// <summary>States that can be worked on together, in order: the two inputs, then one node after the other.</summary>
    private IEnumerable<StatePass[]> Groups()
    {
        yield return [_states[0], _states[1]];
        for (int state = 2; state < _states.Length; state++)
            yield return [_states[state]];
    }

    /// <summary>The planes of a cell's input, with zeros behind the last pixel.</summary>
    private float* InputPlanes(int input, int image, CellScratch scratch)
    {
        (UnitPass unit, PlaneShape shape) = input == 0 ? (_preprocess0, _input0) : (_preprocess1, _input1);
        int channels = unit.Inputs;
        float* dense = (input == 0 ? _in0 : _in1) + (long)image * channels * shape.Pixels;
        if (shape.Size == shape.Pixels)
            return dense;
        for (int c = 0; c < channels; c++)
            Planes.Pad(dense + c * shape.Pixels, shape, scratch.Input + (long)c * shape.Size);
        return scratch.Input;
    }

    /// <summary>All that reads only the state itself.</summary>
    private void FirstUnits(StatePass state, int image, CellScratch scratch, bool moments)
    {
        float* planes = state.PlanesOf(image);
        if (state.NeedsTiles)
            FillTiles(state, image, scratch);
        foreach ((_, BranchPass branch) in state.Branches)
        {
            if (branch.Kind == BranchKind.Convolution)
                branch.Units[0].Forward(image, planes, scratch.Tiles, scratch, moments);
        }

        for (int c = 0; c < _active; c++)
        {
            if (state.HasMaxPool)
                state.MaxPool(image, c, planes + c * state.Shape.Size, scratch, moments);
            if (state.HasAvgPool)
                state.AvgPool(image, c, planes + c * state.Shape.Size, scratch, moments);
        }

        if (state.Stride == 1 || state.Edges.Length == 0)
            return;
        for (int c = _active; c < _plan.Channels; c++)
            Pooling.Maximum2x2(planes + c * state.Shape.Size, state.Shape, BypassOf(state, c, image), _node);
    }

    private void SecondUnit(BranchPass branch, int image, CellScratch scratch, bool moments)
    {
        FillInner(branch.Units[0], image, scratch);
        branch.Units[1].Forward(image, null, scratch.Inner, scratch, moments);
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
