namespace Microsoft.ML.PcDarts.Kernels;

/// <content>Cells: the gradient that a backward pass begins with, and the sums over gradients that norms and factors need.</content>
internal sealed unsafe partial class CellPass
{
    /// <summary>Sets the gradients of all states: that of the output where a state is part of it, 0 elsewhere.</summary>
    private void SetOutputGradient(int image, float* output)
    {
        foreach (StatePass state in _states)
        {
            float* gradient = state.GradientOf(image);
            new Span<float>(gradient, _plan.Channels * state.Shape.PlaneFloats).Clear();
            for (int i = 0; i < _plan.Concat.Count; i++)
            {
                if (_plan.Concat[i] != state.Index)
                    continue;
                float* pixels = output + ((long)image * _plan.Concat.Count + i) * _plan.Channels * _nodeShape.Pixels;
                for (int c = 0; c < _plan.Channels; c++)
                    Planes.Pad(pixels + c * _nodeShape.Pixels, _nodeShape, gradient + c * _nodeShape.PlaneFloats);
            }
        }
    }

    /// <summary>The sums of an image for the norms that end a state's edges, and for the gradients of the factors.</summary>
    private void SumEdgeGradients(StatePass state, int image, bool factors)
    {
        int planeFloats = _nodeShape.PlaneFloats;
        foreach (EdgePass edge in state.Edges)
        {
            float dropPath = DropPathScale(edge, image);
            float* node = _states[edge.Node + 2].GradientOf(image);
            foreach (BranchPass branch in edge.Branches)
                branch.FactorGradients[image] = 0;
            edge.BypassGradients[image] = 0;
            for (int c = 0; c < _plan.ActiveChannels; c++)
            {
                float* gradient = node + _plan.Shuffled(c) * planeFloats;
                foreach (BranchPass branch in edge.Branches)
                {
                    float* map = MapOf(edge, branch, image) + c * planeFloats;
                    if (branch.Norm is { } norm)
                        SumNormGradients(norm, image, c, gradient, map, dropPath, _nodeShape);
                    else if (factors)
                        branch.FactorGradients[image] += Planes.Dot(gradient, map, 0, planeFloats);
                }
            }

            for (int c = _plan.ActiveChannels; factors && c < _plan.Channels; c++)
            {
                float* gradient = node + _plan.Shuffled(c) * planeFloats;
                edge.BypassGradients[image] += Planes.Dot(gradient, state.BypassOf(c, image), 0, planeFloats);
            }
        }
    }

    /// <summary>The sums of an image for the norms of the preprocessing.</summary>
    private void SumInputGradients(int image)
    {
        for (int input = 0; input < _inputs.Length; input++)
        {
            UnitPass unit = _inputs[input].Unit;
            float* gradient = _states[input].GradientOf(image), map = unit.MapOf(image);
            for (int c = 0; c < _plan.Channels; c++)
            {
                int plane = c * _sourceShape.PlaneFloats;
                SumNormGradients(unit.Norm, image, c, gradient + plane, map + plane, dropPath: 1, _sourceShape);
            }
        }
    }

    private static void SumNormGradients(
        NormPass norm, int image, int channel, float* gradient, float* map, float dropPath, PlaneShape shape)
    {
        (float sum, float product) = Planes.SumAndDot(gradient, map, norm.Mean[channel], shape.PlaneFloats);
        norm.SetGradientSums(image, channel, dropPath * sum, dropPath * product);
    }

    private void WriteMixtureGradient(float* mixture)
    {
        new Span<float>(mixture, _edges.Length * MixtureColumns).Clear();
        foreach (EdgePass edge in _edges)
        {
            float* row = mixture + edge.Index * MixtureColumns;
            foreach (BranchPass branch in edge.Branches)
                row[branch.Operation] = (float)(branch.Norm?.FactorGradient ?? branch.FactorGradients.Sum());
            row[MixtureColumns - 1] = (float)edge.BypassGradients.Sum();
        }
    }
}
