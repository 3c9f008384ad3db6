using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>What the parts of a <see cref="WideCell"/> share during one forward pass.</summary>
/// <param name="Weights">The gathered weights, see <see cref="WideWeights"/>, in the type of the maps.</param>
/// <param name="Identities">Identity matrices.</param>
/// <param name="Training">Whether batch norms take the batch's statistics.</param>
internal sealed record WidePass(Tensor[] Weights, IdentityMatrices Identities, bool Training);
