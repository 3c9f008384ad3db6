namespace Microsoft.ML.PcDarts.Kernels;

internal sealed unsafe partial class CellPass
{
    /// <summary>
    /// Propagates the gradient of the output. Gradients of weights are added to the parameters that want them. Call it once, after <see cref="Forward"/>.
    /// </summary>
    /// <param name="output">Gradient of the output, contiguous.</param>
    /// <param name="input0">Receives the gradient of the first input, or null if it is not wanted.</param>
    /// <param name="input1">Likewise for the second input.</param>
    /// <param name="mixture">Receives the gradient of the mixture's factors, or null.</param>
    internal void Backward(float* output, float* input0, float* input1, float* mixture)
    {
        if (_saved is null)
            Recompute();
        _ahead = false; // the order of sums must not depend on what ran before
        if (_needsWeightGradients)
            _buffers.ClearSums(_weightFloats);
        FloatBlock gradients = _buffers.Rent(_states.Sum(state => state.PlaneFloats(_images)));
        float* next = gradients.Pointer;
        foreach (StatePass state in _states)
        {
            state.Gradient = next;
            next += state.PlaneFloats(_images);
        }

        bool throughInputs = input0 != null || input1 != null || _needsWeightGradients;
        StatePass[][] groups = [.. Groups().Reverse().Where(group => group.Any(state => state.Edges.Length > 0))];
        ForEachImage((image, _) =>
        {
            StartGradients(image, output);
            Note(0, image);
        });
        for (int i = 0; i < groups.Length; i++)
        {
            int following = i + 1;
            StatePass[] group = groups[i];
            foreach ((EdgePass edge, BranchPass branch) in group.SelectMany(state => state.Branches))
                branch.Norm?.Backward(Factor(edge, branch));
            if (following == groups.Length && !throughInputs)
                break;
            BranchPass[] separable = [.. group.SelectMany(state => state.Branches).Select(entry => entry.Branch).Where(branch => branch.Units.Length > 1)];
            ForEachImageSumming((image, scratch) =>
            {
                Array.ForEach(group, state => BackwardLastUnits(state, image, scratch));
                if (separable.Length == 0)
                    Note(following, image);
            });
            if (separable.Length == 0)
                continue;
            foreach (BranchPass branch in separable)
                branch.Units[0].Norm.Backward();
            ForEachImageSumming((image, scratch) =>
            {
                Array.ForEach(group, state => BackwardFirstUnits(state, image, scratch));
                Note(following, image);
            });
        }

        if (mixture != null)
            WriteMixtureGradient(mixture);
        if (throughInputs)
            BackwardPreprocess(input0, input1);
        if (_needsWeightGradients)
        {
            float* total = _buffers.Total(_weightFloats);
            foreach (UnitPass unit in Units)
                unit.CollectWeightGradients(total);
        }

        _buffers.Return(gradients);

        // What the norms of the next group need to know of a picture, noted while its gradients are in the cache.
        void Note(int group, int image)
        {
            if (group < groups.Length)
                Array.ForEach(groups[group], state => NoteEdges(state, image, mixture != null));
            else
                NoteInputs(image);
        }
    }

    /// <summary>Backward through everything that touches the nodes: the last units, pools, identities, the bypass.</summary>
    private void BackwardLastUnits(StatePass state, int image, CellScratch scratch)
    {
        float* planes = state.PlanesOf(image), gradient = state.GradientOf(image);
        StartSource(state, image, scratch);
        foreach ((EdgePass edge, BranchPass branch) in state.Branches)
        {
            float* node = _states[edge.Node + 2].GradientOf(image);
            if (branch.Kind == BranchKind.Identity)
            {
                for (int c = 0; c < _active; c++)
                    Planes.Add(node + c * _plan.PartialChannels * _node.Size, 0, (float)Factor(edge, branch), gradient + c * _node.Size, _node.Size);
            }

            if (branch.Kind != BranchKind.Convolution)
                continue;
            UnitPass last = branch.Units[^1];
            UnnormalizeGradient(last, image, node, _plan.PartialChannels * _node.Size, Keep(edge, image), scratch);
            if (branch.Units.Length == 1)
                last.Backward(planes, scratch.Tiles, scratch, last.ReadsTiles ? scratch.SourceGradients : gradient);
            else
                BackwardInner(branch.Units[0], last, image, scratch);
        }

        BackwardPools(state, image, scratch);
        BackwardBypass(state, image, scratch);
        AddSource(state, image, scratch);
    }

    private void BackwardFirstUnits(StatePass state, int image, CellScratch scratch)
    {
        StartSource(state, image, scratch);
        foreach ((_, BranchPass branch) in state.Branches)
        {
            if (branch.Units.Length < 2)
                continue;
            UnnormalizeGradient(branch.Units[0], image, branch.Units[1].MapOf(image), _node.Size, 1, scratch);
            branch.Units[0].Backward(null, scratch.Tiles, scratch, scratch.SourceGradients);
        }

        AddSource(state, image, scratch);
    }

    private void StartSource(StatePass state, int image, CellScratch scratch)
    {
        if (!state.NeedsTiles)
            return;
        FillTiles(state, image, scratch);
        new Span<float>(scratch.SourceGradients, _active * state.Stride * state.Stride * _node.ScratchSize).Clear();
    }

    private void AddSource(StatePass state, int image, CellScratch scratch)
    {
        if (!state.NeedsTiles)
            return;
        for (int c = 0; c < _active; c++)
        {
            float* plane = state.PlanesOf(image) + c * state.Shape.Size, gradient = state.GradientOf(image) + c * state.Shape.Size;
            if (state.Stride == 1)
                Planes.AddRows(scratch.SourceGradients + c * _node.ScratchSize, plane, gradient, _node);
            else
                Tiles.AddPhases(scratch.SourceGradients + 4 * c * _node.ScratchSize, _node.ScratchSize, _node, plane, gradient, state.Shape);
        }
    }

    /// <summary>The gradient of a unit's map before its norm, into <see cref="CellScratch.Gradients"/>.</summary>
    private static void UnnormalizeGradient(UnitPass unit, int image, float* gradient, nint gradientStep, float keep, CellScratch scratch)
    {
        PlaneShape shape = unit.Output;
        NormPass norm = unit.Norm;
        float* map = unit.MapOf(image);
        for (int c = 0; c < unit.Outputs; c++)
        {
            Planes.NormGradient(
                gradient + c * gradientStep, map + c * shape.Size, keep * norm.A[c], norm.B[c], norm.Mean[c], norm.C[c], scratch.Gradients + c * shape.ScratchSize, shape);
        }
    }

    /// <summary>Backward through the second unit of a separable convolution and the ReLU before it.</summary>
    private void BackwardInner(UnitPass first, UnitPass second, int image, CellScratch scratch)
    {
        FillInner(first, image, scratch);
        new Span<float>(scratch.InnerGradients, _active * _node.ScratchSize).Clear();
        second.Backward(null, scratch.Inner, scratch, scratch.InnerGradients);
        float* map = first.MapOf(image);
        float* result = second.MapOf(image); // Nothing reads the second unit's map any more.
        for (int c = 0; c < _active; c++)
        {
            float* plane = result + c * _node.Size, mapPlane = map + c * _node.Size;
            (float sum, float product) = Planes.RectifierGradient(
                scratch.InnerGradients + c * _node.ScratchSize, scratch.Inner + (long)c * _node.TileSize, mapPlane, first.Norm.Mean[c], plane, _node);
            first.Norm.Note(image, c, sum, product);
        }
    }
}
