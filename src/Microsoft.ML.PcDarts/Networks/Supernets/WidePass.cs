using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>Tensors that the parts of all <see cref="WideCell"/>s share during one forward pass.</summary>
/// <param name="Weights">The gathered weights, see <see cref="WideWeights"/>, in the type of the maps.</param>
/// <param name="Identities">Identity matrices.</param>
/// <param name="Training">Whether batch norms take the batch's statistics.</param>
internal sealed record WidePass(Tensor[] Weights, IdentityMatrices Identities, bool Training)
{
    /// <summary>[count · O, I, 1, 1] → [count · O, count · I]: a matrix that is zero but where an output reads its own input.</summary>
    /// <remarks>
    /// Mostly zeros, because a matrix product of this width takes no longer than reading the map, and no library has a fast grouped
    /// convolution of so few channels.
    /// </remarks>
    public Tensor BlockDiagonal(Tensor weights, int count)
    {
        if (count == 1)
            return weights.flatten(1);
        long inputs = weights.size(1);
        Tensor blocks = weights.view(count, -1, 1, inputs) * Identities.Of(count, weights).view(count, 1, count, 1);
        return blocks.reshape(weights.size(0), count * inputs);
    }
}
