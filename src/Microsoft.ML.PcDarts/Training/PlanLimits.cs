namespace Microsoft.ML.PcDarts.Training;

/// <summary>
/// Amounts of training below which a phase has little to show for its time: plans keep to them, and the verdict measures by them.
/// </summary>
internal static class PlanLimits
{
    /// <summary>Steps that a search is planned to have at the least.</summary>
    public const int FewestSearchSteps = 60;

    /// <summary>Steps that a final training is planned to have at the least.</summary>
    public const int FewestTrainingSteps = 100;

    /// <summary>Steps of a trial below which candidates cannot be compared.</summary>
    public const int FewestTrialSteps = 20;

    /// <summary>Passes over the pictures below which a smaller network, trained for longer, beats a larger one.</summary>
    public const int FewestPasses = 16;
}
