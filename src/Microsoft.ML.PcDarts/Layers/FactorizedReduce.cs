using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>Halves the map: two strided 1×1 convolutions, the second one pixel off, each giving half of the output channels.</summary>
internal sealed class FactorizedReduce : Operation
{
    private readonly Conv2d _first;
    private readonly Conv2d? _second;
    private readonly BatchNorm2d _norm;

    internal FactorizedReduce(int input, int output, bool affine) : base(nameof(FactorizedReduce))
    {
        // Differs from PC-DARTS: an odd number of output channels splits unevenly instead of failing.
        int second = output / 2;
        _first = Convolutions.Pointwise(input, output - second, stride: 2);
        register_module("conv_1", _first);
        if (second > 0)
        {
            _second = Convolutions.Pointwise(input, second, stride: 2);
            register_module("conv_2", _second);
        }

        _norm = nn.BatchNorm2d(output, affine: affine);
        register_module("bn", _norm);
    }

    internal override Tensor Apply(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor halves = _first.call(input);
        if (_second is not null)
            halves = cat([halves, _second.call(OnePixelOff(input))], 1);
        return _norm.call(halves).MoveToOuterDisposeScope();
    }

    private static Tensor OnePixelOff(Tensor input)
    {
        long height = input.size(2), width = input.size(3);
        // Differs from PC-DARTS: an odd side is padded with zeros, so that both halves have ceil(side / 2) pixels.
        if (height % 2 == 1 || width % 2 == 1)
            input = nn.functional.pad(input, (0, width % 2, 0, height % 2));
        return input.narrow(2, 1, height - 1 + (height % 2)).narrow(3, 1, width - 1 + (width % 2));
    }
}
