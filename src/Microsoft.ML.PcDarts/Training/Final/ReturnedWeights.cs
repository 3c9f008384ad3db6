namespace Microsoft.ML.PcDarts;

/// <summary>Which epoch's weights the model gets; see <see cref="PcDartsTrainer.Options.ReturnedWeights"/>.</summary>
public enum ReturnedWeights
{
    /// <summary>Those of the last epoch, as in the paper's code.</summary>
    LastEpoch,

    /// <summary>Those of the epoch that validated best; of the last epoch where nothing is held out.</summary>
    BestValidation,
}
