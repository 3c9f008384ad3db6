using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks;

/// <summary>A second classifier at two thirds of the depth, used while training: [N, C, H, W] → [N, classes].</summary>
internal sealed class AuxiliaryHead : nn.Module<Tensor, Tensor>
{
    private readonly int _poolStride;
    private readonly Conv2d _reduce, _gather;
    private readonly BatchNorm2d _reduceNorm;
    private readonly BatchNorm2d? _gatherNorm;
    private readonly Linear _classifier;

    public AuxiliaryHead(NetworkStem stem, int channels, int classes) : base(nameof(AuxiliaryHead))
    {
        _poolStride = stem == NetworkStem.ImageNet ? 2 : 3;
        _reduce = Convolutions.Pointwise(channels, 128);
        _reduceNorm = nn.BatchNorm2d(128);
        _gather = nn.Conv2d(128, 768, 2, bias: false);
        _classifier = nn.Linear(768, classes);
        List<(string, nn.Module)> features = [("2", _reduce), ("3", _reduceNorm), ("5", _gather)];
        if (stem == NetworkStem.Cifar)
        {
            // The paper's ImageNet head has no batch norm here.
            _gatherNorm = nn.BatchNorm2d(768);
            features.Add(("6", _gatherNorm));
        }

        register_module("features", new ModuleGroup([.. features]));
        register_module("classifier", _classifier);
    }

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor map = _reduceNorm.Apply(_reduce.Apply(PoolTo2x2(nn.functional.relu(input))));
        map.relu_();
        map = _gather.Apply(map); // [N, 768, 1, 1]
        if (_gatherNorm is not null)
            map = _gatherNorm.Apply(map);
        map.relu_();
        return _classifier.call(map.flatten(1).to(_classifier.weight!.dtype)).MoveToOuterDisposeScope();
    }

    // Differs from PC-DARTS: maps that the paper's 5×5 pooling does not bring to 2×2 are pooled adaptively instead of failing.
    private Tensor PoolTo2x2(Tensor map)
        => FitsPool(map.size(2)) && FitsPool(map.size(3))
            ? nn.functional.avg_pool2d(map, 5, _poolStride, 0, count_include_pad: false)
            : nn.functional.adaptive_avg_pool2d(map, [2, 2]);

    private bool FitsPool(long side) => side >= 5 && (side - 5) / _poolStride == 1;

    protected override void RegisterComponents() { }
}
