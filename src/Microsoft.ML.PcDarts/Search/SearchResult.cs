namespace Microsoft.ML.PcDarts;

/// <summary>What a search found.</summary>
/// <param name="Genotype">Decoded after the last epoch, or the best of the candidates once they were tried.</param>
/// <param name="Time">Time of the search, trying included.</param>
/// <param name="ImagesPerSecond">Pictures of the weight half per second.</param>
internal sealed record SearchResult(Genotype Genotype, TimeSpan Time, double ImagesPerSecond)
{
    /// <summary>What is to be tried, the decoded genotype first; it alone when nothing is, none when all were.</summary>
    public IReadOnlyList<Genotype> Candidates { get; init; } = [];
}
