namespace Microsoft.ML.PcDarts.Runs;

/// <summary>Sums of losses and hits over pictures.</summary>
/// <param name="Loss">Sum of the cross-entropies, in nats.</param>
/// <param name="Hits">Pictures classified correctly.</param>
/// <param name="Count">Pictures.</param>
internal sealed record MeterSums(double Loss, double Hits, int Count)
{
    public static MeterSums Zero { get; } = new(0, 0, 0);
}
