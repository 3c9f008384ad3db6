using Microsoft.ML.PcDarts.Kernels;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks;

/// <summary>3×3 maximum or average pooling; in the supernet a non-affine batch norm follows.</summary>
internal sealed class Pool3x3 : Operation
{
    private readonly bool _maximum;
    private readonly int _stride;
    private readonly BatchNorm2d? _norm;

    public Pool3x3(bool maximum, int channels, int stride, bool normalize) : base(nameof(Pool3x3))
    {
        _maximum = maximum;
        _stride = stride;
        if (!normalize)
            return;
        _norm = nn.BatchNorm2d(channels, affine: false);
        register_module("1", _norm);
    }

    public override Branch Branch => new(_maximum ? BranchKind.MaxPool : BranchKind.AvgPool, [], _norm);

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor pooled = _maximum
            ? nn.functional.max_pool2d(input, 3, _stride, 1)
            : nn.functional.avg_pool2d(input, 3, _stride, 1, count_include_pad: false);
        return (_norm is null ? pooled : _norm.Apply(pooled)).MoveToOuterDisposeScope();
    }
}
