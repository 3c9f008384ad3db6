using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks;

/// <summary>ReLU, 1×7 convolution, 7×1 convolution, batch norm: an operation of NASNet and AmoebaNet genotypes.</summary>
internal sealed class FactorizedConv7x7 : Operation
{
    private readonly Conv2d _along, _across;
    private readonly BatchNorm2d _norm;

    public FactorizedConv7x7(int channels, int stride, bool affine) : base(nameof(FactorizedConv7x7))
    {
        _along = nn.Conv2d(channels, channels, (1, 7), (1, stride), (0, 3), bias: false);
        _across = nn.Conv2d(channels, channels, (7, 1), (stride, 1), (3, 0), bias: false);
        _norm = nn.BatchNorm2d(channels, affine: affine);
        register_module("1", _along);
        register_module("2", _across);
        register_module("3", _norm);
    }

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        return _norm.Apply(_across.Apply(_along.Apply(nn.functional.relu(input)))).MoveToOuterDisposeScope();
    }
}
