using Microsoft.ML.PcDarts.Kernels;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks;

/// <summary>Twice: ReLU, depthwise k×k convolution (the first one strided), 1×1 convolution, batch norm.</summary>
internal sealed class SeparableConv : Operation
{
    private readonly Conv2d _depthwise1, _pointwise1, _depthwise2, _pointwise2;
    private readonly BatchNorm2d _norm1, _norm2;
    private readonly int _stride;

    public SeparableConv(int channels, int kernel, int stride, bool affine) : base(nameof(SeparableConv))
    {
        _stride = stride;
        _depthwise1 = Convolutions.Depthwise(channels, kernel, stride);
        _pointwise1 = Convolutions.Pointwise(channels, channels);
        _norm1 = nn.BatchNorm2d(channels, affine: affine);
        _depthwise2 = Convolutions.Depthwise(channels, kernel, stride: 1);
        _pointwise2 = Convolutions.Pointwise(channels, channels);
        _norm2 = nn.BatchNorm2d(channels, affine: affine);
        register_module("op", new ModuleGroup(
            ("1", _depthwise1), ("2", _pointwise1), ("3", _norm1), ("5", _depthwise2), ("6", _pointwise2), ("7", _norm2)));
    }

    public override Branch Branch => Branch.Of(
        new ConvolutionUnit(_depthwise1, [_pointwise1], _norm1, _stride),
        new ConvolutionUnit(_depthwise2, [_pointwise2], _norm2, Stride: 1));

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor half = _norm1.Apply(_pointwise1.Apply(_depthwise1.Apply(nn.functional.relu(input))));
        half.relu_(); // The batch norm's backward pass does not read its output.
        return _norm2.Apply(_pointwise2.Apply(_depthwise2.Apply(half))).MoveToOuterDisposeScope();
    }
}
