namespace Microsoft.ML.PcDarts.Kernels;

/// <content>Backward through what has no unit on the edge: pools, the bypass, the cell's inputs.</content>
internal sealed unsafe partial class CellPass
{
    private void BackwardPools(StatePass state, int image, CellScratch scratch)
    {
        foreach (BranchKind kind in (BranchKind[])[BranchKind.MaxPool, BranchKind.AvgPool])
        {
            if (!(kind == BranchKind.MaxPool ? state.HasMaxPool : state.HasAvgPool))
                continue;
            for (int c = 0; c < _active; c++)
            {
                float* sum = scratch.Gradients;
                new Span<float>(sum, _node.Size).Clear();
                double slope = 0, shift = 0;
                float mean = 0;
                foreach ((EdgePass edge, BranchPass branch) in state.Branches)
                {
                    if (branch.Kind != kind)
                        continue;
                    float* node = _states[edge.Node + 2].GradientOf(image) + c * _plan.PartialChannels * _node.Size;
                    Planes.Add(node, 0, Keep(edge, image) * (branch.Norm?.A[c] ?? (float)Factor(edge, branch)), sum, _node.Size);
                    slope += branch.Norm?.B[c] ?? 0;
                    shift += branch.Norm?.C[c] ?? 0;
                    mean = branch.Norm?.Mean[c] ?? 0; // Of the same map for all edges.
                }

                Planes.NormGradient(sum, state.PooledOf(kind, image) + c * _node.Size, 1, (float)slope, mean, (float)shift, sum, _node);
                state.PoolBackward(kind, state.PlanesOf(image) + c * state.Shape.Size, sum, state.GradientOf(image) + c * state.Shape.Size, scratch);
            }
        }
    }

    private void BackwardBypass(StatePass state, int image, CellScratch scratch)
    {
        int k = _plan.PartialChannels;
        for (int c = _active; c < _plan.Channels; c++)
        {
            float* gradient = state.GradientOf(image) + c * state.Shape.Size;
            float* sum = state.Stride == 1 ? gradient : scratch.Gradients;
            if (state.Stride == 2)
                new Span<float>(sum, _node.Size).Clear();
            foreach (EdgePass edge in state.Edges)
            {
                float* node = _states[edge.Node + 2].GradientOf(image) + (c % _active * k + c / _active) * _node.Size;
                Planes.Add(node, 0, BypassFactor(edge), sum, _node.Size);
            }

            if (state.Stride == 2)
                Pooling.Distribute2x2(state.PlanesOf(image) + c * state.Shape.Size, state.Shape, sum, gradient, _node);
        }
    }

    private void BackwardPreprocess(float* input0, float* input1)
    {
        _preprocess0.Norm.Backward();
        _preprocess1.Norm.Backward();
        ForEachImageSumming((image, scratch) =>
        {
            BackwardInput(0, image, scratch, input0);
            BackwardInput(1, image, scratch, input1);
        });
    }

    private void BackwardInput(int input, int image, CellScratch scratch, float* target)
    {
        (UnitPass unit, PlaneShape shape) = input == 0 ? (_preprocess0, _input0) : (_preprocess1, _input1);
        UnnormalizeGradient(unit, image, _states[input].GradientOf(image), _source.Size, 1, scratch);
        float* planes = InputPlanes(input, image, scratch);
        if (target == null)
        {
            unit.Backward(planes, null, scratch, null);
            return;
        }

        int channels = unit.Inputs;
        target += (long)image * channels * shape.Pixels;
        float* gradient = shape.Size == shape.Pixels ? target : scratch.InputGradients;
        new Span<float>(gradient, channels * shape.Size).Clear();
        unit.Backward(planes, null, scratch, gradient);
        for (int c = 0; gradient != target && c < channels; c++)
            Planes.Unpad(gradient + c * shape.Size, shape, target + c * shape.Pixels);
    }
}
