using Microsoft.ML.PcDarts.Kernels;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks;

/// <summary>ReLU, depthwise k×k convolution with dilation 2, 1×1 convolution, batch norm.</summary>
internal sealed class DilatedConv : Operation
{
    private readonly Conv2d _depthwise, _pointwise;
    private readonly BatchNorm2d _norm;
    private readonly int _stride;

    public DilatedConv(int channels, int kernel, int stride, bool affine) : base(nameof(DilatedConv))
    {
        _stride = stride;
        _depthwise = Convolutions.Depthwise(channels, kernel, stride, dilation: 2);
        _pointwise = Convolutions.Pointwise(channels, channels);
        _norm = nn.BatchNorm2d(channels, affine: affine);
        register_module("op", new ModuleGroup(("1", _depthwise), ("2", _pointwise), ("3", _norm)));
    }

    public override Branch Branch => Branch.Of(new ConvolutionUnit(_depthwise, [_pointwise], _norm, _stride));

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        return _norm.Apply(_pointwise.Apply(_depthwise.Apply(nn.functional.relu(input)))).MoveToOuterDisposeScope();
    }
}
