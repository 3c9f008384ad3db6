using Microsoft.ML.PcDarts.Kernels;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>
/// The factorized reductions of all edges of a step, computed as one. Edges are ordered by target, then source; maps are stored
/// channels-last.
/// </summary>
internal sealed class WideReduction : IDisposable
{
    private readonly int _edges, _targets, _sources;
    private readonly int[] _halves;
    private readonly WideNorm _norm;

    /// <param name="edges">The unit of each edge.</param>
    /// <param name="sources">Sources of the step.</param>
    /// <param name="weights">Receives the convolutions.</param>
    public WideReduction(IReadOnlyList<ConvolutionUnit> edges, int sources, WideWeights weights)
    {
        (_edges, _targets, _sources) = (edges.Count, edges.Count / sources, sources);
        _halves = [.. edges[0].Pointwise.Select((_, half) => weights.Add([.. edges.Select(edge => edge.Pointwise[half])], 1))];
        _norm = new WideNorm(edges.Select(edge => edge.Norm));
    }

    /// <summary>[N, sources · C, H, W], rectified → [N, edges · C, H / 2, W / 2], normalized.</summary>
    public Tensor Forward(Tensor input, WidePass pass)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] halves = [.. _halves.Select(Half)];
        return _norm.Forward(ChannelsLast.Map(cat(halves, 4).flatten(3)), pass.Training).MoveToOuterDisposeScope();

        Tensor Half(int weight, int offset)
        {
            Tensor pixels = ChannelsLast.Pixels(FactorizedReduce.EverySecondPixel(input, offset));
            Tensor blocks = pass.Weights[weight].view(_targets, _sources, -1, 1, input.size(1) / _sources)
                * pass.Identities.Of(_sources, input).view(1, _sources, 1, _sources, 1); // [targets, sources, C / 2, sources, C]
            Tensor half = nn.functional.linear(pixels, blocks.reshape(-1, input.size(1)));
            return half.view(half.size(0), half.size(1), half.size(2), _edges, -1);
        }
    }

    public void Dispose() => _norm.Dispose();
}
