using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>
/// The weights of all cells' convolutions, side by side: one concatenation (and cast) for each shape instead of one for each wide
/// convolution. Gradients flow back to the edges' own parameters.
/// </summary>
internal sealed class WideWeights : IDisposable
{
    private readonly Dictionary<(long Inputs, long Kernel), Group> _groups = [];
    private int _count;

    /// <summary>Adds convolutions that are computed as one and returns the number of their weight.</summary>
    /// <param name="convolutions">They have the same number of inputs.</param>
    /// <param name="kernel">Side of the kernels as one; smaller ones of depthwise convolutions get zeros around their taps, or between them
    /// in place of a dilation.</param>
    public int Add(IReadOnlyCollection<Conv2d> convolutions, long kernel)
    {
        long inputs = convolutions.First().weight.size(1);
        if (!_groups.TryGetValue((inputs, kernel), out Group? group))
            _groups.Add((inputs, kernel), group = new Group(kernel));
        group.Add(convolutions, _count);
        return _count++;
    }

    /// <summary>All weights in a type, by number: [Σ out, in, k, k], with or without gradients.</summary>
    public Tensor[] Gather(ScalarType type, bool gradients)
    {
        using IDisposable? noGradient = gradients ? null : no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor[] weights = new Tensor[_count];
        foreach (Group group in _groups.Values)
        {
            foreach ((int number, Tensor weight) in group.Gather(type))
                weights[number] = weight.MoveToOuterDisposeScope();
        }

        return weights;
    }

    public void Dispose()
    {
        foreach (Group group in _groups.Values)
            group.Dispose();
    }

    private sealed class Group(long kernel) : IDisposable
    {
        private readonly List<Conv2d> _convolutions = [];
        private readonly List<long> _sizes = [];
        private readonly List<int> _numbers = [];
        private (Conv2d[] Convolutions, Func<Tensor, Tensor> Embed)[]? _shapes;
        private Tensor? _order;

        public void Add(IReadOnlyCollection<Conv2d> convolutions, int number)
        {
            _convolutions.AddRange(convolutions);
            _sizes.Add(convolutions.Sum(convolution => convolution.weight.size(0)));
            _numbers.Add(number);
        }

        public IEnumerable<(int Number, Tensor Weight)> Gather(ScalarType type)
        {
            _shapes ??= Plan();
            Tensor all = cat(
                [.. _shapes.Select(
                    shape => shape.Embed(cat([.. shape.Convolutions.Select(convolution => (Tensor)convolution.weight)], 0)))],
                0);
            if (_order is not null)
                all = all.index_select(0, _order);
            return _numbers.Zip(all.to(type).split(_sizes.ToArray(), 0));
        }

        public void Dispose() => _order?.Dispose();

        // Kernels of one shape are made larger together and brought into order after that.
        private (Conv2d[], Func<Tensor, Tensor>)[] Plan()
        {
            IGrouping<(long Side, bool Dilated), (int Index, Conv2d Item)>[] shapes =
            [
                .. _convolutions.Index().GroupBy(
                    entry => (entry.Item.kernel_size![0], entry.Item.kernel_size[0] < kernel && entry.Item.dilation![0] > 1)),
            ];
            if (shapes.Length > 1)
            {
                long[] rows = [.. _convolutions.Select(convolution => convolution.weight.size(0))];
                Dictionary<int, long> places = [];
                long place = 0;
                foreach ((int index, Conv2d convolution) in shapes.SelectMany(shape => shape))
                {
                    places.Add(index, place);
                    place += rows[index];
                }

                using DisposeScope scope = NewDisposeScope();
                _order = tensor(
                    [.. Enumerable.Range(0, rows.Length).SelectMany(
                        index => Enumerable.Range(0, (int)rows[index]).Select(row => places[index] + row))],
                    device: _convolutions[0].weight.device)
                    .DetachFromDisposeScope();
            }

            return [.. shapes.Select(shape => (shape.Select(entry => entry.Item).ToArray(), Embedding(shape.Key.Side, shape.Key.Dilated)))];
        }

        private Func<Tensor, Tensor> Embedding(long side, bool dilated)
        {
            long ring = (kernel - side) / 2;
            if (ring == 0)
                return weights => weights;
            if (!dilated)
                return weights => nn.functional.pad(weights, [ring, ring, ring, ring]);
            return weights =>
            {
                long[] spread = [weights.size(0), weights.size(1), 2 * side, 2 * side];
                return nn.functional.pad(weights.unsqueeze(3).unsqueeze(5), [0, 1, 0, 0, 0, 1])
                    .reshape(spread)
                    .narrow(2, 0, kernel)
                    .narrow(3, 0, kernel);
            };
        }
    }
}
