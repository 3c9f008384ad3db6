namespace Microsoft.ML.PcDarts.Kernels;

/// <content>What a backward pass starts from, and the sums over a picture that norms and factors need.</content>
internal sealed unsafe partial class CellPass
{
    private void StartGradients(int image, float* output)
    {
        foreach (StatePass state in _states)
        {
            float* gradient = state.GradientOf(image);
            new Span<float>(gradient, _plan.Channels * state.Shape.Size).Clear();
            for (int i = 0; i < _plan.Concat.Count; i++)
            {
                if (_plan.Concat[i] != state.Index)
                    continue;
                float* source = output + ((long)image * _plan.Concat.Count + i) * _plan.Channels * _node.Pixels;
                for (int c = 0; c < _plan.Channels; c++)
                    Planes.Pad(source + c * _node.Pixels, _node, gradient + c * _node.Size);
            }
        }
    }

    /// <summary>The sums over a picture that the norms at the ends of a state's edges need, and the factors' gradients.</summary>
    private void NoteEdges(StatePass state, int image, bool factors)
    {
        int k = _plan.PartialChannels;
        foreach (EdgePass edge in state.Edges)
        {
            float keep = Keep(edge, image);
            float* gradient = _states[edge.Node + 2].GradientOf(image);
            Array.ForEach(edge.Branches, branch => branch.PlainGradient[image] = 0);
            edge.BypassGradient[image] = 0;
            for (int c = 0; c < _active; c++)
            {
                float* plane = gradient + c * k * _node.Size;
                foreach (BranchPass branch in edge.Branches)
                {
                    float* map = MapOf(edge, branch, image) + c * _node.Size;
                    if (branch.Norm is { } norm)
                        NoteSums(norm, image, c, plane, map, keep, _node);
                    else if (factors)
                        branch.PlainGradient[image] += Planes.Dot(plane, map, 0, _node.Size);
                }
            }

            for (int c = _active; factors && c < _plan.Channels; c++)
                edge.BypassGradient[image] += Planes.Dot(gradient + (c % _active * k + c / _active) * _node.Size, BypassOf(state, c, image), 0, _node.Size);
        }
    }

    private static void NoteSums(NormPass norm, int image, int channel, float* gradient, float* map, float keep, PlaneShape shape)
    {
        (float sum, float product) = Planes.SumAndDot(gradient, map, norm.Mean[channel], shape.Size);
        norm.Note(image, channel, keep * sum, keep * product);
    }

    private void WriteMixtureGradient(float* mixture)
    {
        new Span<float>(mixture, _edges.Length * MixtureColumns).Clear();
        foreach (EdgePass edge in _edges)
        {
            foreach (BranchPass branch in edge.Branches)
                mixture[edge.Index * MixtureColumns + branch.Operation] = (float)(branch.Norm?.FactorGradient ?? branch.PlainGradient.Sum());
            mixture[edge.Index * MixtureColumns + MixtureColumns - 1] = (float)edge.BypassGradient.Sum();
        }
    }

    private void NoteInputs(int image)
    {
        foreach ((StatePass state, UnitPass unit) in ((StatePass, UnitPass)[])[(_states[0], _preprocess0), (_states[1], _preprocess1)])
        {
            for (int c = 0; c < _plan.Channels; c++)
            {
                float* gradient = state.GradientOf(image) + c * _source.Size;
                NoteSums(unit.Norm, image, c, gradient, unit.MapOf(image) + c * _source.Size, keep: 1, _source);
            }
        }
    }
}
