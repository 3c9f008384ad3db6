using Microsoft.ML.PcDarts.Kernels;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>
/// An edge of the supernet: the weighted sum of all candidate operations on C/K channels, beside a bypass for the others.
/// </summary>
internal sealed class MixedOperation : nn.Module
{
    private readonly Operation?[] _operations;
    private readonly int _partialChannels;
    private readonly int _stride;

    public MixedOperation(int channels, int stride, int partialChannels) : base(nameof(MixedOperation))
    {
        _partialChannels = partialChannels;
        _stride = stride;
        // The operation "none" is zero: it takes part in the softmax and adds nothing to the sum.
        _operations = [.. PrimitiveNames.Searched.Select(primitive => primitive == Primitive.None
            ? null
            : OperationFactory.Candidate(primitive, channels / partialChannels, stride))];
        register_module("_ops", new ModuleGroup([.. _operations.Index()
            .Where(entry => entry.Item is not null)
            .Select(entry => ($"{entry.Index}", (nn.Module)entry.Item!))]));
    }

    /// <summary>The operations that are not zero, with their numbers.</summary>
    public IReadOnlyList<(int Operation, Branch Branch)> Branches =>
        [.. _operations.Index().Where(entry => entry.Item is not null).Select(entry => (entry.Index, entry.Item!.Branch!))];

    /// <summary>[N, C, H, W] → [N, C, ceil(H/stride), ceil(W/stride)].</summary>
    /// <param name="input">The state that the edge reads.</param>
    /// <param name="weights">One scalar for each searched operation.</param>
    public Tensor Forward(Tensor input, Tensor[] weights)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor active, Tensor bypassed) = PartialChannel.Split(input, _partialChannels);
        Tensor? sum = null;
        foreach ((int index, Operation? operation) in _operations.Index())
        {
            if (operation is null)
                continue;
            Tensor term = operation.call(active) * weights[index];
            sum = sum is null ? term : sum.Plus(term);
        }

        Tensor output = _partialChannels == 1 ? sum! : cat([sum!, PartialChannel.Bypass(bypassed, _stride)], 1);
        return PartialChannel.Shuffle(output, _partialChannels).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }
}
