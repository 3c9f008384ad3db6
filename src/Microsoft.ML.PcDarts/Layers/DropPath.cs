using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>Drops edges of a cell for single pictures of a batch while training (Larsson et al., FractalNet, 2017).</summary>
internal static class DropPath
{
    /// <summary>
    /// [edges, N, 1, 1, 1]: for each edge and picture 0 with <paramref name="dropProbability"/>, otherwise 1 / (1 − dropProbability). Drawn from torch's generator.
    /// </summary>
    internal static Tensor Masks(int edges, long pictures, double dropProbability, Device device, ScalarType dtype)
    {
        double keep = 1 - dropProbability;
        Tensor masks = empty([edges, pictures, 1, 1, 1], dtype, device);
        masks.bernoulli_(keep);
        masks.div_(keep);
        return masks;
    }
}
