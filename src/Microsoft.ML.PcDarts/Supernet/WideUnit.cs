using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>The same <see cref="ConvolutionUnit"/> of all edges of a step, computed as one. Edges are ordered by target, then source; maps are stored channels-last.</summary>
internal sealed class WideUnit : IDisposable
{
    private readonly int _targets, _sources;
    private readonly Conv2d? _depthwise;
    private readonly int _depthwiseWeight;
    private readonly int[] _halves = [];
    private readonly WideNorm _norm;

    internal WideUnit(IReadOnlyList<ConvolutionUnit> edges, int sources, WideWeights weights)
    {
        (_targets, _sources) = (edges.Count / sources, sources);
        _depthwise = edges[0].Depthwise;
        if (_depthwise is not null)
        {
            _depthwiseWeight = weights.Add([.. edges.Select(edge => edge.Depthwise!)]);
            Pointwise = [.. edges.Select(edge => edge.Pointwise[0])];
        }
        else
        {
            _halves = [.. edges[0].Pointwise.Select((_, half) => weights.Add([.. edges.Select(edge => edge.Pointwise[half])]))];
        }

        _norm = new WideNorm(edges.Select(edge => edge.Norm));
    }

    /// <summary>
    /// The 1×1 convolutions after a depthwise one, whose matrix the step makes for all of its units at once. None in a factorized reduction.
    /// </summary>
    internal IReadOnlyList<Conv2d> Pointwise { get; } = [];

    /// <summary>Whether every edge has its own input, as a depthwise convolution needs it; otherwise edges with the same source share theirs.</summary>
    internal bool ReadsEdges => _depthwise is not null;

    /// <summary>[count · sources · O, I, 1, 1] → [count · sources · O, sources · I]: matrices that are zero but where an output reads its own source.</summary>
    // Mostly zeros, because a matrix product of this width takes no longer than reading the map, and no library has a fast grouped convolution of so few
    // channels.
    internal static Tensor BlockDiagonal(Tensor weights, int count, int sources, WidePass pass)
    {
        if (sources == 1)
            return weights.flatten(1);
        long inputs = weights.size(1);
        Tensor blocks = weights.view(count, sources, -1, 1, inputs) * pass.Identities.Of(sources, weights).view(1, sources, 1, sources, 1);
        return blocks.reshape(weights.size(0), sources * inputs);
    }

    /// <summary>Rectified maps → normalized maps.</summary>
    /// <param name="input">[N, edges · C, H, W] if it <see cref="ReadsEdges"/>, otherwise [N, sources · C, H, W].</param>
    /// <param name="matrix">[edges · C', edges · C]: the block-diagonal matrix of <see cref="Pointwise"/>, or null.</param>
    /// <param name="scale">[edges · C']: what the normalized maps are multiplied by, or null for 1.</param>
    /// <param name="pass">This pass.</param>
    /// <returns>[N, edges · C', H', W'].</returns>
    internal Tensor Forward(Tensor input, Tensor? matrix, Tensor? scale, WidePass pass)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor map = matrix is null ? Reduce(input, pass) : Separate(input, matrix, pass);
        return _norm.Forward(map, scale, pass.Training).MoveToOuterDisposeScope();
    }

    public void Dispose() => _norm.Dispose();

    private Tensor Separate(Tensor input, Tensor matrix, WidePass pass)
    {
        Tensor map = _depthwise!.Apply(input, pass.Weights[_depthwiseWeight]);
        return ChannelsLast.Map(nn.functional.linear(ChannelsLast.Pixels(map), matrix));
    }

    /// <summary>A factorized reduction: both halves of every edge's channels.</summary>
    private Tensor Reduce(Tensor input, WidePass pass)
    {
        Tensor[] halves = [.. _halves.Select(Half)];
        return ChannelsLast.Map(cat(halves, 4).flatten(3));

        Tensor Half(int weight, int offset)
        {
            Tensor pixels = ChannelsLast.Pixels(FactorizedReduce.EverySecondPixel(input, offset));
            Tensor half = nn.functional.linear(pixels, BlockDiagonal(pass.Weights[weight], _targets, _sources, pass));
            return half.view(half.size(0), half.size(1), half.size(2), _targets * _sources, -1);
        }
    }
}
