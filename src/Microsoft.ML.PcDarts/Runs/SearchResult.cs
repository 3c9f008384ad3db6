using Microsoft.ML.PcDarts.Architectures;

namespace Microsoft.ML.PcDarts.Runs;

/// <summary>Result of a search.</summary>
/// <param name="Genotype">Decoded after the last epoch, or the best of the candidates once they were tried.</param>
/// <param name="Time">Time of the search, trying included.</param>
/// <param name="ImagesPerSecond">Pictures of the weight half per second.</param>
internal sealed record SearchResult(Genotype Genotype, TimeSpan Time, double ImagesPerSecond)
{
    /// <summary>Genotypes to try, the decoded one first; only that one when none are tried, empty once all were.</summary>
    public IReadOnlyList<Genotype> Candidates { get; init; } = [];

    /// <summary>How many candidates the search gave, the decoded genotype included.</summary>
    public int Drawn { get; init; }

    /// <summary>Number of the candidate that was chosen, from 1; null when none was tried.</summary>
    public int? Chosen { get; init; }

    /// <summary>How far the search moved α and β; null when the genotype was given, and in checkpoints of earlier versions.</summary>
    public SearchStrength? Strength { get; init; }
}
