using Microsoft.ML.PcDarts.Kernels;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks;

/// <summary>The skip connection of an edge that keeps the map's size.</summary>
internal sealed class Identity() : Operation(nameof(Identity))
{
    public override Branch Branch => new(BranchKind.Identity, []);

    public override Tensor forward(Tensor input) => input;
}
