using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>One candidate operation of an edge: [N, C, H, W] → [N, C', ceil(H/stride), ceil(W/stride)].</summary>
internal abstract class Operation(string name) : nn.Module<Tensor, Tensor>(name)
{
    /// <summary>Whether the operation begins with a ReLU, so that callers may share one rectified tensor among several operations.</summary>
    internal virtual bool StartsWithRelu => true;

    /// <summary>The operation after its leading ReLU; the input is already rectified if <see cref="StartsWithRelu"/>.</summary>
    internal abstract Tensor Apply(Tensor input);

    public override Tensor forward(Tensor input)
    {
        if (!StartsWithRelu)
            return Apply(input);
        using DisposeScope scope = NewDisposeScope();
        return Apply(nn.functional.relu(input)).MoveToOuterDisposeScope();
    }

    /// <summary>Every submodule is registered under the name that it has in the paper's code, not under its field's name.</summary>
    protected override void RegisterComponents() { }
}
