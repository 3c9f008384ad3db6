using Microsoft.ML.PcDarts.Kernels;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks;

/// <summary>ReLU, 1×1 convolution, batch norm: brings a cell's input to the cell's width.</summary>
internal sealed class ReluConvBn : Operation
{
    private readonly Conv2d _convolution;
    private readonly BatchNorm2d _norm;

    public ReluConvBn(int input, int output, bool affine) : base(nameof(ReluConvBn))
    {
        _convolution = Convolutions.Pointwise(input, output);
        _norm = nn.BatchNorm2d(output, affine: affine);
        register_module("op", new ModuleGroup(("1", _convolution), ("2", _norm)));
    }

    public override Branch Branch => Branch.Of(new ConvolutionUnit(null, [_convolution], _norm, Stride: 1));

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        return _norm.Apply(_convolution.Apply(nn.functional.relu(input))).MoveToOuterDisposeScope();
    }
}
