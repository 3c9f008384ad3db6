namespace Microsoft.ML.PcDarts.Kernels;

/// <content>Cells: the backward pass, from the last node to the inputs.</content>
internal sealed unsafe partial class CellPass
{
    /// <summary>
    /// Propagates the gradient of the output. Gradients of weights are added to the parameters that require them. Call it once, after
    /// <see cref="Forward"/>.
    /// </summary>
    /// <param name="output">Gradient of the output, contiguous.</param>
    /// <param name="input0">Receives the gradient of the first input, or null if it is not wanted.</param>
    /// <param name="input1">Likewise for the second input.</param>
    /// <param name="mixture">Receives the gradient of the mixture's factors, or null.</param>
    public void Backward(float* output, float* input0, float* input1, float* mixture)
    {
        if (_kept is null)
            Recompute();
        _sweeps = 0; // the order of sums must not depend on what ran before
        if (_needsWeightGradients)
            _buffers.ClearSums(_weightGradientFloats);
        FloatBuffer gradients = RentGradients();
        bool factors = mixture != null, throughInputs = input0 != null || input1 != null || _needsWeightGradients;
        StateGroup[] groups = [.. _groups.AsEnumerable().Reverse().Where(group => group.HasEdges)];
        Sweep((image, _) =>
        {
            SetOutputGradient(image, output);
            SumGradients(0, image);
        });
        for (int i = 0; i < groups.Length; i++)
        {
            int next = i + 1;
            StateGroup group = groups[i];
            foreach ((EdgePass edge, BranchPass branch) in group.States.SelectMany(state => state.Branches))
                branch.Norm?.Backward(Factor(edge, branch));
            if (next == groups.Length && !throughInputs)
                break;
            SweepAddingWeightGradients((image, scratch) =>
            {
                foreach (StatePass state in group.States)
                    BackwardLastUnits(state, image, scratch);
                if (group.Separable.Length == 0)
                    SumGradients(next, image);
            });
            if (group.Separable.Length == 0)
                continue;
            foreach (BranchPass branch in group.Separable)
                branch.Units[0].Norm.Backward();
            SweepAddingWeightGradients((image, scratch) =>
            {
                foreach (StatePass state in group.States)
                    BackwardFirstUnits(state, image, scratch);
                SumGradients(next, image);
            });
        }

        if (factors)
            WriteMixtureGradient(mixture);
        if (throughInputs)
            BackwardInputs(input0, input1);
        if (_needsWeightGradients)
        {
            float* total = _buffers.Total(_weightGradientFloats);
            foreach (UnitPass unit in _units)
                unit.AddWeightGradients(total);
        }

        _buffers.Return(gradients);

        // The sums that the norms of the next group need, while the gradients of the image are in the cache.
        void SumGradients(int group, int image)
        {
            if (group == groups.Length)
            {
                SumInputGradients(image);
                return;
            }

            foreach (StatePass state in groups[group].States)
                SumEdgeGradients(state, image, factors);
        }
    }

    private void BackwardInputs(float* input0, float* input1)
    {
        foreach (InputPass input in _inputs)
            input.Unit.Norm.Backward();
        SweepAddingWeightGradients((image, scratch) =>
        {
            BackwardInput(0, image, scratch, input0);
            BackwardInput(1, image, scratch, input1);
        });
    }

    private void BackwardInput(int input, int image, CellScratch scratch, float* gradient)
    {
        NormBackward(_inputs[input].Unit, image, _states[input].GradientOf(image), _sourceShape.PlaneFloats, 1, scratch);
        _inputs[input].Backward(image, scratch, gradient);
    }

    /// <summary>The gradient of a unit's map before its norm, into <see cref="CellScratch.MapGradient"/>.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="image">The image.</param>
    /// <param name="gradient">Gradient of the norm's output.</param>
    /// <param name="gradientStride">Floats from one of its channels to the next.</param>
    /// <param name="dropPath">Drop-path's factor.</param>
    /// <param name="scratch">Scratch memory.</param>
    private static void NormBackward(UnitPass unit, int image, float* gradient, nint gradientStride, float dropPath, CellScratch scratch)
    {
        PlaneShape shape = unit.OutputShape;
        NormPass norm = unit.Norm;
        float* map = unit.MapOf(image);
        for (int c = 0; c < unit.Outputs; c++)
        {
            Planes.NormGradient(
                gradient + c * gradientStride, dropPath * norm.GradientScale[c], map + c * shape.PlaneFloats, norm.Mean[c],
                norm.GradientSlope[c], norm.GradientOffset[c], scratch.MapGradient + c * shape.ScratchFloats, shape);
        }
    }
}
