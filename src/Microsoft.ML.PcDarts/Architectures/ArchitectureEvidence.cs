namespace Microsoft.ML.PcDarts;

/// <summary>Evidence for an architecture before candidates are tried.</summary>
public enum ArchitectureEvidence
{
    /// <summary>It was given, by <see cref="PcDartsTrainer.Options.Genotype"/> or
    /// <see cref="PcDartsTrainer.Options.InitialModel"/>.</summary>
    Given,

    /// <summary>Nothing: the search ended before α and β were stepped.</summary>
    None,

    /// <summary>Little: α and β are near even, or no farther from where they started than a random walk would be.</summary>
    Weak,

    /// <summary>α or β is both away from even and farther from where it started than a random walk would be.</summary>
    Clear,
}
