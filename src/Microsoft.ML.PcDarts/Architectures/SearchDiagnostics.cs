namespace Microsoft.ML.PcDarts;

/// <summary>How the architecture parameters stand after an epoch of the search.</summary>
/// <param name="AlphaEntropy">Mean over the edges of both cells of the entropy of softmax(α), in nats: ln 8 = 2.08 when all operations
/// weigh alike, 0 when one has it all.</param>
/// <param name="BetaEntropy">Mean over the nodes of both cells of the entropy of softmax(β), divided by the logarithm of the node's inputs:
/// 1 when all inputs weigh alike.</param>
/// <param name="DominantEigenvalue">Largest eigenvalue, by magnitude, of the Hessian of the loss on architecture pictures in α; null unless
/// <see cref="PcDartsTrainer.Options.EigenvalueDiagnostic"/> asks for it.</param>
public sealed record SearchDiagnostics(double AlphaEntropy, double BetaEntropy, double? DominantEigenvalue);
