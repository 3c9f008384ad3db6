using Microsoft.ML.PcDarts.Kernels;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks;

/// <summary>
/// Halves the map: 1×1 convolutions of every second pixel, the second one from pixel 1 on, each giving half of the channels.
/// </summary>
internal sealed class FactorizedReduce : Operation
{
    private readonly Conv2d _first;
    private readonly Conv2d? _second;
    private readonly BatchNorm2d _norm;

    public FactorizedReduce(int input, int output, bool affine) : base(nameof(FactorizedReduce))
    {
        // Differs from PC-DARTS: an odd number of output channels splits unevenly instead of failing.
        int second = output / 2;
        _first = Convolutions.Pointwise(input, output - second);
        register_module("conv_1", _first);
        if (second > 0)
        {
            _second = Convolutions.Pointwise(input, second);
            register_module("conv_2", _second);
        }

        _norm = nn.BatchNorm2d(output, affine: affine);
        register_module("bn", _norm);
    }

    public override Branch Branch
        => Branch.Of(new ConvolutionUnit(null, _second is null ? [_first] : [_first, _second], _norm, Stride: 2));

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rectified = nn.functional.relu(input);
        Tensor halves = _first.Apply(EverySecondPixel(rectified, 0));
        if (_second is not null)
            halves = cat([halves, _second.Apply(EverySecondPixel(rectified, 1))], 1);
        return _norm.Apply(halves).MoveToOuterDisposeScope();
    }

    // Picking the pixels first equals a strided convolution. oneDNN's weight gradient of a strided 1×1 convolution on at most 4
    // channels-last channels writes past its buffer (libtorch 2.10).
    public static Tensor EverySecondPixel(Tensor input, long offset)
    {
        long height = input.size(2), width = input.size(3);
        long missingRows = offset * (height % 2), missingColumns = offset * (width % 2);
        Tensor pixels = input.slice(2, Math.Min(offset, height), height, 2).slice(3, Math.Min(offset, width), width, 2);
        // Differs from PC-DARTS: at an odd side the second half is padded with zeros, so that both have ceil(side / 2) pixels.
        return missingRows + missingColumns == 0 ? pixels : nn.functional.pad(pixels, (0, missingColumns, 0, missingRows));
    }
}
