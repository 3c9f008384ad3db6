using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>
/// The weights of a cell's convolutions, side by side: one concatenation (and cast) for each kernel size instead of one for each wide convolution. Gradients flow
/// back to the edges' own parameters.
/// </summary>
internal sealed class WideWeights
{
    private readonly Dictionary<(long Inputs, long Kernel), Group> _groups = [];
    private int _count;

    /// <summary>Adds convolutions that are computed as one and returns the number of their weight.</summary>
    internal int Add(IReadOnlyCollection<Conv2d> convolutions)
    {
        long[] shape = convolutions.First().weight.shape;
        if (!_groups.TryGetValue((shape[1], shape[2]), out Group? group))
            _groups.Add((shape[1], shape[2]), group = new Group());
        group.Convolutions.AddRange(convolutions);
        group.Sizes.Add(convolutions.Sum(convolution => convolution.weight.size(0)));
        group.Numbers.Add(_count);
        return _count++;
    }

    /// <summary>All weights in a type, by number: [Σ out, in, k, k], with or without gradients.</summary>
    internal Tensor[] Gather(ScalarType type, bool gradients)
    {
        using IDisposable? noGradient = gradients ? null : no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor[] weights = new Tensor[_count];
        foreach (Group group in _groups.Values)
        {
            Tensor all = cat([.. group.Convolutions.Select(convolution => (Tensor)convolution.weight)], 0).to(type);
            foreach ((int number, Tensor part) in group.Numbers.Zip(all.split(group.Sizes.ToArray(), 0)))
                weights[number] = part.MoveToOuterDisposeScope();
        }

        return weights;
    }

    private sealed class Group
    {
        public List<Conv2d> Convolutions { get; } = [];

        public List<long> Sizes { get; } = [];

        public List<int> Numbers { get; } = [];
    }
}
