namespace Microsoft.ML.PcDarts;

/// <summary>Optimizer of the final training; see <see cref="PcDartsTrainer.Options.Optimizer"/>.</summary>
public enum NetworkOptimizer
{
    /// <summary>SGD with momentum and weight decay for all weights, as in the paper's code.</summary>
    Sgd,

    /// <summary>
    /// Muon for the convolutions that mix channels, SGD for all other weights and the auxiliary head: needs fewer passes over the pictures.
    /// </summary>
    Muon,
}
