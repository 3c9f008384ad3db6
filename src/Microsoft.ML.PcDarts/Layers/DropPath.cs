using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>Drops an edge for single pictures of a batch while training (Larsson et al., FractalNet, 2017).</summary>
internal static class DropPath
{
    /// <summary>[N, 1, 1, 1]: 0 with <paramref name="dropProbability"/>, otherwise 1 / (1 − dropProbability). Drawn from torch's generator.</summary>
    internal static Tensor Mask(long pictures, double dropProbability, Device device, ScalarType dtype)
    {
        double keep = 1 - dropProbability;
        Tensor mask = empty([pictures, 1, 1, 1], dtype, device);
        mask.bernoulli_(keep);
        mask.div_(keep);
        return mask;
    }

    /// <summary>[edges, pictures]: what each edge of a cell is multiplied by, for each picture on its own; see <see cref="Mask"/>.</summary>
    internal static float[,]? Masks(int edges, long pictures, double dropProbability)
    {
        if (dropProbability == 0)
            return null;
        using Tensor masks = Mask(edges * pictures, dropProbability, CPU, ScalarType.Float32);
        float[,] values = new float[edges, pictures];
        masks.data<float>().CopyTo(MemoryMarshal.CreateSpan(ref values[0, 0], values.Length));
        return values;
    }

    /// <summary>A new tensor; the input stays as it is.</summary>
    // Differs from PC-DARTS: not in place, since the input may be read again.
    internal static Tensor Apply(Tensor input, double dropProbability)
    {
        using Tensor mask = Mask(input.size(0), dropProbability, input.device, input.dtype);
        return input * mask;
    }
}
