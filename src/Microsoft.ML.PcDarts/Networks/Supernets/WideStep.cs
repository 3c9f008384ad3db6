using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Kernels;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>
/// The edges of a cell that are computed together: all that leave one node or, since their maps have one shape, the cell's two inputs. The
/// first step reads the inputs (2 sources) and adds to every node (targets), step i reads node i − 1 and adds to those after it. Edges are
/// ordered by target, then source.
/// </summary>
internal sealed class WideStep : IDisposable
{
    private readonly int _targets, _sources, _stride;
    private readonly long _active, _bypassed;
    private readonly WideReduction? _reduction;
    private readonly WideLayer _first, _second;
    private readonly int _twice;
    private readonly WideNorm _pools;

    public WideStep(CellPlan plan, int step, WideWeights weights)
    {
        CellEdge[] edges = [.. Edges(new CellTopology(plan.Nodes), step).Select(edge => plan.Edges[edge])];
        _sources = Sources(step).Length;
        _targets = edges.Length / _sources;
        _stride = plan.StrideOf(edges[0].Source);
        (_active, _bypassed) = (plan.ActiveChannels, plan.Channels - plan.ActiveChannels);
        Branch[][] convolutions = [.. Branches(BranchKind.Convolution, edges)];
        Branch[][] separable = [.. convolutions.Where(branches => branches[0].Units[0].Depthwise is not null)];
        if (separable.Length < convolutions.Length)
            _reduction = new WideReduction([.. convolutions[0].Select(branch => branch.Units[0])], _sources, weights);
        // Operations of two layers come first in the search space, dilated ones of one layer after them.
        _twice = separable.TakeWhile(branches => branches[0].Units.Count == 2).Count();
        _first = new WideLayer(
            [.. separable.Select(branches => branches.Select(branch => branch.Units[0]).ToArray())], _targets, repeats: true, weights);
        _second = new WideLayer(
            [.. separable.Take(_twice).Select(branches => branches.Select(branch => branch.Units[1]).ToArray())],
            _targets,
            repeats: false,
            weights);
        _pools = new WideNorm(edges.Chunk(_sources).SelectMany(target =>
            Branches(BranchKind.MaxPool, target).Concat(Branches(BranchKind.AvgPool, target))
                .SelectMany(branches => branches)
                .Select(branch => branch.Norm!)));
    }

    /// <summary>The numbers of a step's edges.</summary>
    public static IEnumerable<int> Edges(CellTopology topology, int step)
        => from node in Enumerable.Range(
            step, topology.Nodes - step)
           from source in Sources(step)
           select topology.EdgeOffset(node) + source;

    /// <summary>The sums that the step adds to its targets.</summary>
    /// <param name="states">The sources, [N, C, H, W] each.</param>
    /// <param name="mixture">The edges' shares.</param>
    /// <param name="pass">This pass.</param>
    /// <returns>[N, H', W', targets · C/K] of the operations and [N, H', W', targets · (C − C/K)] of the bypass, which is null if K is
    /// 1.</returns>
    public (Tensor Mixed, Tensor? Bypassed) Forward(Tensor[] states, WideMixture mixture, WidePass pass)
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
        mixed.Accumulate(Convolve(joined, mixture.Convolutions, pass));
        return (mixed.MoveToOuterDisposeScope(), bypassed?.MoveToOuterDisposeScope());
    }

    public void Dispose()
    {
        _pools.Dispose();
        _reduction?.Dispose();
        _first.Dispose();
        _second.Dispose();
    }

    private static int[] Sources(int step) => step == 0 ? [0, 1] : [step + 1];

    private static IEnumerable<Branch[]> Branches(BranchKind kind, CellEdge[] edges)
        => edges[0].Branches.Index().Where(entry => entry.Item.Branch.Kind == kind)
            .Select(entry => edges.Select(edge => edge.Branches[entry.Index].Branch).ToArray());

    /// <summary>Maps side by side.</summary>
    private static Tensor Join(Tensor[] maps)
        => ChannelsLast.Map(maps.Length == 1 ? ChannelsLast.Pixels(maps[0]).contiguous() : cat([.. maps.Select(ChannelsLast.Pixels)], 3));

    /// <summary>Poolings and, at stride 1, identities: computed once a source and given to the targets by matrices of shares.</summary>
    private Tensor Plain(Tensor active, Tensor shares, WidePass pass)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor maxima = nn.functional.max_pool2d(active, 3, _stride, 1);
        Tensor averages = nn.functional.avg_pool2d(active, 3, _stride, 1, count_include_pad: false);
        Tensor pools = cat([ChannelsLast.Pixels(maxima), ChannelsLast.Pixels(averages)], 3); // [N, H', W', 2 · sources · C/K]
        Tensor matrix = Matrix(shares.narrow(1, 0, 2), pass); // [targets, C/K, 2, sources, C/K]
        Tensor? bias = null;
        if (pass.Training)
            pools = ChannelsLast.Pixels(_pools.ForwardShared(ChannelsLast.Map(pools), _targets));
        else
            (matrix, bias) = FoldNorms(matrix);
        Tensor sum = nn.functional.linear(pools, matrix.reshape(_targets * _active, -1).to(active.dtype), bias?.to(active.dtype));
        if (_stride == 1)
        {
            sum.Accumulate(
                nn.functional.linear(
                    ChannelsLast.Pixels(active), Matrix(shares.narrow(1, 2, 1), pass).reshape(_targets * _active, -1).to(active.dtype)));
        }

        return sum.MoveToOuterDisposeScope();

        // Every target takes a channel from the same channel of all sources.
        Tensor Matrix(Tensor shares, WidePass pass)
            => shares.view(_targets, 1, _sources, -1, 1).transpose(
                2, 3) * pass.Identities.Of(_active, shares).view(1, _active, 1, 1, _active);
    }

    /// <summary>In evaluation mode every edge normalizes by its own running statistics.</summary>
    private (Tensor Matrix, Tensor Bias) FoldNorms(Tensor matrix)
    {
        (Tensor mean, Tensor inverse) = _pools.Running();
        Tensor pools = matrix * inverse.view(_targets, 1, 2, _sources, _active);
        Tensor bias = (pools * mean.view(_targets, 1, 2, _sources, _active)).sum([2, 3, 4]).neg();
        return (pools, bias.flatten());
    }

    /// <summary>The convolutions of all edges.</summary>
    private Tensor Convolve(Tensor active, Tensor shares, WidePass pass)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rectified = nn.functional.relu(active);
        long[] operations = [_reduction is null ? 0 : 1, _twice, shares.size(1) - _twice - (_reduction is null ? 0 : 1)];
        Tensor[] parts = shares.split(operations, 1);
        long[] channels = [operations[1] * shares.size(0) * _active, operations[2] * shares.size(0) * _active];
        Tensor[] first = _first.Forward(rectified, pass).split(channels, 1);
        Tensor sum = Mix(_second.Forward(nn.functional.relu(first[0]), pass), parts[1], pass);
        sum.Accumulate(Mix(first[1], parts[2], pass));
        if (_reduction is not null)
            sum.Accumulate(Mix(_reduction.Forward(rectified, pass), parts[0], pass));
        return sum.MoveToOuterDisposeScope();
    }

    /// <summary>[N, operations · edges · C/K, H', W'] → [N, H', W', targets · C/K], by shares [edges, operations].</summary>
    // A matrix product, because its gradients are dense maps; those of sums and slices make the batch norm's backward pass slow.
    private Tensor Mix(Tensor map, Tensor shares, WidePass pass)
    {
        long operations = shares.size(1);
        Tensor matrix = shares.t().reshape(1, 1, operations, _targets, _sources, 1)
            * pass.Identities.Of(_targets * _active, shares).view(
                _targets, _active, 1, _targets, 1, _active); // [targets, C/K, operations, targets, sources, C/K]
        return nn.functional.linear(ChannelsLast.Pixels(map), matrix.reshape(_targets * _active, -1).to(map.dtype));
    }

    private Tensor Bypass(Tensor[] maps, Tensor shares, WidePass pass)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor map = PartialChannel.Bypass(maps.Length == 1 ? maps[0] : Join(maps), _stride);
        Tensor matrix = shares.view(_targets, 1, _sources, 1)
            * pass.Identities.Of(_bypassed, shares).view(1, _bypassed, 1, _bypassed); // [targets, C − C/K, sources, C − C/K]
        return nn.functional.linear(
            ChannelsLast.Pixels(map), matrix.reshape(_targets * _bypassed, -1).to(map.dtype)).MoveToOuterDisposeScope();
    }
}
