using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks;

/// <summary>Drops edges of a cell for single pictures of a batch while training (Larsson et al., FractalNet, 2017).</summary>
internal static class DropPath
{
    /// <summary>
    /// [edges, N, 1, 1, 1]: for each edge and picture 0 with <paramref name="dropProbability"/>, otherwise 1 / (1 − dropProbability). Drawn
    /// from torch's generator.
    /// </summary>
    public static Tensor Masks(int edges, long pictures, double dropProbability, Device device, ScalarType dtype)
    {
        double keep = 1 - dropProbability;
        Tensor masks = empty([edges, pictures, 1, 1, 1], dtype, device);
        masks.bernoulli_(keep);
        masks.Scale(1 / keep);
        return masks;
    }

    /// <summary>The same with a probability that lies on the device, so that the host need not know it when the masks are drawn.</summary>
    /// <param name="edges">Number of edges.</param>
    /// <param name="pictures">Pictures of the batch.</param>
    /// <param name="keep">float32 scalar: 1 − the probability of dropping.</param>
    /// <param name="dtype">Type of the masks.</param>
    public static Tensor Masks(int edges, long pictures, Tensor keep, ScalarType dtype)
    {
        using DisposeScope scope = NewDisposeScope();
        return rand([edges, pictures, 1, 1, 1], ScalarType.Float32, keep.device).lt(keep).div(keep).to(dtype).MoveToOuterDisposeScope();
    }
}
