namespace Microsoft.ML.PcDarts;

/// <summary>What a search found.</summary>
/// <param name="Genotype">Decoded after the last epoch.</param>
/// <param name="Time">Time of the search.</param>
/// <param name="ImagesPerSecond">Pictures of the weight half per second.</param>
internal sealed record SearchResult(Genotype Genotype, TimeSpan Time, double ImagesPerSecond);
