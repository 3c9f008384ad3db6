using Microsoft.ML.PcDarts.Kernels;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>
/// <see cref="ConvolutionUnit"/>s with a depthwise convolution, of several operations and all edges of a step, computed as one. Channels
/// are ordered by operation, then target, then source; maps are stored channels-last.
/// </summary>
internal sealed class WideLayer : IDisposable
{
    private const int LargestKernel = 5;
    private readonly (Conv2d Convolution, int Weight, int Operations)[] _depthwise;
    private readonly int _targets, _pointwise, _blocks, _stride;
    private readonly bool _repeats;
    private readonly WideNorm _norm;

    /// <param name="operations">The units of each operation, by edge.</param>
    /// <param name="targets">Nodes that the edges add to.</param>
    /// <param name="repeats">Whether all units of edges with one source read the same map; otherwise each has its own.</param>
    /// <param name="weights">Receives the convolutions.</param>
    public WideLayer(IReadOnlyList<ConvolutionUnit[]> operations, int targets, bool repeats, WideWeights weights)
    {
        (_targets, _repeats) = (targets, repeats);
        ConvolutionUnit[] units = [.. operations.SelectMany(edges => edges)];
        (_blocks, _stride) = (units.Length, units[0].Stride);
        // A kernel with zeros around or between its taps is one of 5×5, which is no slower; only the widest is left to itself.
        int together = operations.TakeWhile(edges => Extent(edges[0]) <= LargestKernel).Count();
        ConvolutionUnit[][] groups = [[.. operations.Take(together).SelectMany(edges => edges)], .. operations.Skip(together)];
        _depthwise = [.. groups.Select(group =>
            (group[0].Depthwise!, weights.Add(
                [.. group.Select(unit => unit.Depthwise!)], LargestKernel), group.Length / operations[0].Length))];
        _pointwise = weights.Add([.. units.Select(unit => unit.Pointwise[0])], 1);
        _norm = new WideNorm(units.Select(unit => unit.Norm));

        static long Extent(ConvolutionUnit unit) => (unit.Depthwise!.kernel_size![0] - 1) * unit.Depthwise.dilation![0] + 1;
    }

    /// <summary>Rectified maps → normalized maps.</summary>
    /// <param name="input">[N, sources · C, H, W] to repeat, otherwise [N, operations · edges · C, H, W].</param>
    /// <param name="pass">This pass.</param>
    /// <returns>[N, operations · edges · C, H', W'].</returns>
    public Tensor Forward(Tensor input, WidePass pass)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] maps = [.. _depthwise.Select((group, index) =>
        {
            Tensor map = _repeats ? Repeat(input, group.Operations * _targets) : input;
            Tensor weight = pass.Weights[group.Weight];
            return index == 0 ? Convolutions.Convolve(map, weight, _stride) : group.Convolution.Apply(map, weight);
        })];
        Tensor pixels = maps.Length == 1 ? ChannelsLast.Pixels(maps[0]) : cat([.. maps.Select(ChannelsLast.Pixels)], 3);
        Tensor mixed = nn.functional.linear(pixels, pass.BlockDiagonal(pass.Weights[_pointwise], _blocks));
        return _norm.Forward(ChannelsLast.Map(mixed), pass.Training).MoveToOuterDisposeScope();
    }

    public void Dispose() => _norm.Dispose();

    private static Tensor Repeat(Tensor map, long times)
    {
        if (times == 1)
            return map;
        Tensor pixels = ChannelsLast.Pixels(map);
        return ChannelsLast.Map(
            pixels.unsqueeze(3).expand(-1, -1, -1, times, -1).reshape(pixels.size(0), pixels.size(1), pixels.size(2), -1));
    }
}
