using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>
/// The edges of a cell that are computed together: all that leave one node or, since their maps have one shape, the cell's two inputs. The first step reads the inputs
/// (2 sources) and adds to every node (targets), step i reads node i − 1 and adds to those after it. Edges are ordered by target, then source.
/// </summary>
internal sealed class WideStep : IDisposable
{
    private readonly int _targets, _sources, _stride;
    private readonly long _active, _bypassed;
    private readonly WideUnit[][] _convolutions;
    private readonly int _pointwise;
    private readonly WideNorm _pools;

    internal WideStep(CellPlan plan, int step, WideWeights weights)
    {
        CellEdge[] edges = [.. Edges(new CellTopology(plan.Nodes), step).Select(edge => plan.Edges[edge])];
        _sources = Sources(step).Length;
        _targets = edges.Length / _sources;
        _stride = plan.StrideOf(edges[0].Source);
        (_active, _bypassed) = (plan.Active, plan.Channels - plan.Active);
        _convolutions = [.. Branches(BranchKind.Convolution, edges).Select(Units)];
        _pointwise = weights.Add([.. _convolutions.SelectMany(units => units).SelectMany(unit => unit.Pointwise)]);
        _pools = new WideNorm(edges.Chunk(_sources).SelectMany(target =>
            Branches(BranchKind.MaxPool, target).Concat(Branches(BranchKind.AvgPool, target)).SelectMany(branches => branches).Select(branch => branch.Norm!)));

        WideUnit[] Units(Branch[] branches) => [.. branches[0].Units.Select((_, index) =>
            new WideUnit([.. branches.Select(branch => branch.Units[index])], _sources, weights))];
    }

    /// <summary>The numbers of a step's edges.</summary>
    internal static IEnumerable<int> Edges(CellTopology topology, int step)
        => from node in Enumerable.Range(step, topology.Nodes - step) from source in Sources(step) select topology.EdgeOffset(node) + source;

    /// <summary>The sums that the step adds to its targets.</summary>
    /// <param name="states">The sources, [N, C, H, W] each.</param>
    /// <param name="mixture">The edges' shares.</param>
    /// <param name="pass">This pass.</param>
    /// <returns>[N, H', W', targets · C/K] of the operations and [N, H', W', targets · (C − C/K)] of the bypass, which is null if K is 1.</returns>
    internal (Tensor Mixed, Tensor? Bypassed) Forward(Tensor[] states, WideMixture mixture, WidePass pass)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] active = states;
        Tensor? bypassed = null;
        if (_bypassed > 0)
        {
            long[] sizes = [_active, _bypassed];
            Tensor[][] parts = [.. states.Select(state => state.split(sizes, 1))];
            active = [.. parts.Select(part => part[0])];
            bypassed = Bypass([.. parts.Select(part => part[1])], mixture.Bypassed, pass);
        }

        Tensor joined = Join(active); // [N, sources · C/K, H, W]
        Tensor mixed = Plain(joined, mixture.Plain, pass);
        mixed.add_(Convolve(joined, mixture.Convolutions, pass));
        return (mixed.MoveToOuterDisposeScope(), bypassed?.MoveToOuterDisposeScope());
    }

    public void Dispose()
    {
        _pools.Dispose();
        foreach (WideUnit unit in _convolutions.SelectMany(units => units))
            unit.Dispose();
    }

    private static int[] Sources(int step) => step == 0 ? [0, 1] : [step + 1];

    private static IEnumerable<Branch[]> Branches(BranchKind kind, CellEdge[] edges)
        => edges[0].Branches.Index().Where(entry => entry.Item.Branch.Kind == kind)
            .Select(entry => edges.Select(edge => edge.Branches[entry.Index].Branch).ToArray());

    /// <summary>Maps side by side.</summary>
    private static Tensor Join(Tensor[] maps)
        => ChannelsLast.Map(maps.Length == 1 ? ChannelsLast.Pixels(maps[0]).contiguous() : cat([.. maps.Select(ChannelsLast.Pixels)], 3));

    /// <summary>Poolings and, at stride 1, identities: computed once a source and given to the targets by a matrix of shares.</summary>
    private Tensor Plain(Tensor active, Tensor shares, WidePass pass)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor maxima = nn.functional.max_pool2d(active, 3, _stride, 1);
        Tensor averages = nn.functional.avg_pool2d(active, 3, _stride, 1, count_include_pad: false);
        Tensor pixels = cat([ChannelsLast.Pixels(maxima), ChannelsLast.Pixels(averages)], 3); // [N, H', W', 2 · sources · C/K]
        Tensor matrix = shares.view(_targets, 1, _sources, -1, 1).transpose(2, 3)
            * pass.Identities.Of(_active, shares).view(1, _active, 1, 1, _active); // [targets, C/K, 3, sources, C/K]
        Tensor? bias = null;
        if (pass.Training)
            pixels = ChannelsLast.Pixels(_pools.ForwardShared(ChannelsLast.Map(pixels), _targets));
        else
            (matrix, bias) = FoldNorms(matrix);
        if (_stride == 1)
            pixels = cat([pixels, ChannelsLast.Pixels(active)], 3);
        return nn.functional.linear(pixels, matrix.reshape(_targets * _active, -1).to(active.dtype), bias?.to(active.dtype)).MoveToOuterDisposeScope();
    }

    /// <summary>In evaluation mode every edge normalizes by its own running statistics.</summary>
    private (Tensor Matrix, Tensor Bias) FoldNorms(Tensor matrix)
    {
        (Tensor mean, Tensor inverse) = _pools.Running();
        Tensor pools = matrix.narrow(2, 0, 2) * inverse.view(_targets, 1, 2, _sources, _active);
        Tensor bias = (pools * mean.view(_targets, 1, 2, _sources, _active)).sum([2, 3, 4]).neg();
        return (_stride == 1 ? cat([pools, matrix.narrow(2, 2, 1)], 2) : pools, bias.flatten());
    }

    /// <summary>The convolutions of all edges; each share is the scale of the last batch norm, which would multiply by 1 otherwise.</summary>
    private Tensor Convolve(Tensor active, Tensor shares, WidePass pass)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rectified = nn.functional.relu(active), wide = Repeat(rectified);
        Tensor[] scales = shares.transpose(0, 1).unsqueeze(2).expand(-1, -1, _active).reshape(_convolutions.Length, -1).contiguous().unbind(); // [edges · C/K] each
        Queue<Tensor> matrices = Matrices(pass);
        Tensor? sum = null;
        foreach ((WideUnit[] units, Tensor scale) in _convolutions.Zip(scales))
        {
            Tensor map = units[0].ReadsEdges ? wide : rectified;
            foreach ((int index, WideUnit unit) in units.Index())
            {
                if (index > 0)
                    map.relu_();
                map = unit.Forward(map, unit.ReadsEdges ? matrices.Dequeue() : null, index == units.Length - 1 ? scale : null, pass);
            }

            if (sum is null)
            {
                sum = map;
                continue;
            }

            sum.add_(map); // in place: the batch norm's backward pass does not read its output
            map.Dispose();
        }

        Tensor pixels = ChannelsLast.Pixels(sum!);
        if (_sources > 1)
        {
            long n = pixels.size(0), height = pixels.size(1), width = pixels.size(2);
            pixels = pixels.reshape(n, height, width, _targets, _sources, _active).sum([4]).reshape(n, height, width, -1);
        }

        return pixels.MoveToOuterDisposeScope();
    }

    /// <summary>The matrices of the units' 1×1 convolutions, in the order of the units.</summary>
    private Queue<Tensor> Matrices(WidePass pass)
    {
        int edges = _targets * _sources, units = _convolutions.Sum(convolution => convolution.Count(unit => unit.ReadsEdges));
        return new(WideUnit.BlockDiagonal(pass.Weights[_pointwise], units, edges, pass).view(units, edges * _active, -1).unbind());
    }

    /// <summary>[N, sources · C/K, H, W] → [N, targets · sources · C/K, H, W].</summary>
    private Tensor Repeat(Tensor map)
    {
        if (_targets == 1)
            return map;
        Tensor pixels = ChannelsLast.Pixels(map);
        return ChannelsLast.Map(pixels.unsqueeze(3).expand(-1, -1, -1, _targets, -1).reshape(pixels.size(0), pixels.size(1), pixels.size(2), -1));
    }

    private Tensor Bypass(Tensor[] maps, Tensor shares, WidePass pass)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor map = PartialChannel.Bypass(maps.Length == 1 ? maps[0] : Join(maps), _stride);
        Tensor matrix = shares.view(_targets, 1, _sources, 1)
            * pass.Identities.Of(_bypassed, shares).view(1, _bypassed, 1, _bypassed); // [targets, C − C/K, sources, C − C/K]
        return nn.functional.linear(ChannelsLast.Pixels(map), matrix.reshape(_targets * _bypassed, -1).to(map.dtype)).MoveToOuterDisposeScope();
    }
}
