using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks;

/// <summary>
/// The layers before the first cell. CIFAR: one 3×3 convolution at full size; ImageNet: three strided ones that reach 1/8 of the side.
/// Its modules belong to the network that it is built for, under the names of the paper's code.
/// </summary>
internal sealed class Stem
{
    private readonly Conv2d[] _convolutions;
    private readonly BatchNorm2d[] _norms;

    private Stem(int[] widths, int stride)
    {
        _convolutions = [.. widths.Zip(widths.Skip(1), (input, output) => Convolutions.Square(input, output, 3, stride))];
        _norms = [.. widths.Skip(1).Select(width => nn.BatchNorm2d(width))];
    }

    /// <summary>Builds a stem of the given output width whose modules are registered with <paramref name="owner"/>.</summary>
    public static Stem Register(nn.Module owner, NetworkStem kind, int width)
    {
        if (kind == NetworkStem.Cifar)
        {
            Stem cifar = new([3, width], stride: 1);
            owner.register_module("stem", new ModuleGroup(("0", cifar._convolutions[0]), ("1", cifar._norms[0])));
            return cifar;
        }

        Stem stem = new([3, Math.Max(1, width / 2), width, width], stride: 2);
        owner.register_module("stem0", new ModuleGroup(
            ("0", stem._convolutions[0]), ("1", stem._norms[0]), ("3", stem._convolutions[1]), ("4", stem._norms[1])));
        owner.register_module("stem1", new ModuleGroup(("1", stem._convolutions[2]), ("2", stem._norms[2])));
        return stem;
    }

    /// <summary>The two inputs of the first cell; they are the same tensor for the CIFAR stem.</summary>
    public (Tensor First, Tensor Second) Forward(Tensor images)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor map = _norms[0].call(_convolutions[0].Apply(images));
        if (_convolutions.Length == 1)
        {
            map.MoveToOuterDisposeScope();
            return (map, map);
        }

        map.relu_();
        Tensor quarter = _norms[1].call(_convolutions[1].Apply(map)); // [N, C, H/4, W/4]
        Tensor eighth = _norms[2].call(_convolutions[2].Apply(nn.functional.relu(quarter))); // [N, C, H/8, W/8]
        return (quarter.MoveToOuterDisposeScope(), eighth.MoveToOuterDisposeScope());
    }
}
