using Microsoft.ML.PcDarts.Kernels;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>
/// A supernet cell in few and large operations of torch. What the edges that leave a state have in common is computed once, the rest side
/// by side in the channels of one map; the shuffle of partial channels, being linear, is done once a node. Maps are stored channels-last.
/// </summary>
internal sealed class WideCell : IDisposable
{
    private readonly CellPlan _plan;
    private readonly WideStep[] _steps;

    public WideCell(CellPlan plan, WideWeights weights)
    {
        _plan = plan;
        _steps = [.. Enumerable.Range(0, plan.Nodes).Select(step => new WideStep(plan, step, weights))];
    }

    /// <summary>The two preprocessed inputs [N, C, H, W] → [N, nodes · C, H', W'].</summary>
    /// <param name="input0">The first input.</param>
    /// <param name="input1">The second input.</param>
    /// <param name="mixture">The mixture of each step, in the type of the statistics.</param>
    /// <param name="pass">This pass.</param>
    public Tensor Forward(Tensor input0, Tensor input1, IReadOnlyList<WideMixture> mixture, WidePass pass)
    {
        using DisposeScope scope = NewDisposeScope();
        List<Tensor> nodes = [];
        Tensor? mixedRest = null, bypassedRest = null;
        foreach ((int index, WideStep step) in _steps.Index())
        {
            (Tensor mixed, Tensor? bypassed) = step.Forward(index == 0 ? [input0, input1] : [nodes[^1]], mixture[index], pass);
            if (mixedRest is not null)
                mixed.Accumulate(mixedRest);
            if (bypassedRest is not null)
                bypassed!.Accumulate(bypassedRest);
            // The sum of the first target is complete; the others wait for the next step.
            (Tensor active, mixedRest) = Head(mixed, _plan.ActiveChannels);
            Tensor? passive = null;
            if (bypassed is not null)
                (passive, bypassedRest) = Head(bypassed, _plan.Channels - _plan.ActiveChannels);
            nodes.Add(ChannelsLast.Map(Shuffle(active, passive)));
        }

        return ChannelsLast.Map(cat([.. nodes.Select(ChannelsLast.Pixels)], 3)).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (WideStep step in _steps)
            step.Dispose();
    }

    /// <summary>[N, H, W, n · C] → its first C channels and the others, if there are any.</summary>
    private static (Tensor First, Tensor? Others) Head(Tensor pixels, long channels)
    {
        long rest = pixels.size(3) - channels;
        if (rest == 0)
            return (pixels, null);
        long[] sizes = [channels, rest];
        Tensor[] parts = pixels.split(sizes, 3);
        return (parts[0], parts[1]);
    }

    /// <summary>
    /// [N, H, W, C/K] and [N, H, W, C − C/K] → [N, H, W, C], as <see cref="PartialChannel.Shuffle"/> orders the channels.
    /// </summary>
    private Tensor Shuffle(Tensor active, Tensor? passive)
    {
        if (passive is null)
            return active.contiguous();
        long n = active.size(0), height = active.size(1), width = active.size(2);
        Tensor groups = passive.reshape(n, height, width, _plan.PartialChannels - 1, _plan.ActiveChannels).transpose(
            3, 4); // [N, H, W, C/K, K − 1]
        return cat([active.unsqueeze(4), groups], 4).reshape(n, height, width, _plan.Channels);
    }
}
