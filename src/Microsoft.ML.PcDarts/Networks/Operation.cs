using Microsoft.ML.PcDarts.Kernels;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks;

/// <summary>One candidate operation of an edge: [N, C, H, W] → [N, C', ceil(H/stride), ceil(W/stride)].</summary>
internal abstract class Operation(string name) : nn.Module<Tensor, Tensor>(name)
{
    /// <summary>The operation as the kernels compute it, or null if they cannot.</summary>
    public virtual Branch? Branch => null;

    /// <summary>Every submodule is registered under the name that it has in the paper's code, not under its field's name.</summary>
    protected override void RegisterComponents() { }
}
