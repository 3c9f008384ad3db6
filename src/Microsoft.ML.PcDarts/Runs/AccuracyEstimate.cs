namespace Microsoft.ML.PcDarts;

/// <summary>An accuracy counted on some pictures, and how far the accuracy on other pictures of the same kind may be from it.</summary>
/// <param name="Right">Pictures classified rightly, 0 to <paramref name="Pictures"/>.</param>
/// <param name="Pictures">Pictures in all, 1 or more.</param>
/// <remarks>
/// The interval is the score interval of E. B. Wilson (Probable inference, the law of succession, and statistical inference, JASA 22, 1927)
/// at 95 %, without continuity correction. It holds for few pictures
/// and for accuracies near 0 and 1 too, and takes the pictures as independent: near-duplicates make it too narrow.
/// </remarks>
public readonly record struct AccuracyEstimate(int Right, int Pictures)
{
    /// <summary>The standard normal distribution's 97.5 % quantile.</summary>
    private const double Quantile = 1.959963984540054;

    /// <summary>Share of the pictures classified rightly, 0 to 1.</summary>
    public double Accuracy => (double)Right / Pictures;

    /// <summary>Lower end of the 95 % interval, 0 to <see cref="Accuracy"/>.</summary>
    public double Low => Right == 0 ? 0 : Center - HalfWidth;

    /// <summary>Upper end of the 95 % interval, <see cref="Accuracy"/> to 1.</summary>
    public double High => Right == Pictures ? 1 : Center + HalfWidth;

    private double Shrinkage => 1 + Quantile * Quantile / Pictures;

    private double Center => (Accuracy + Quantile * Quantile / (2.0 * Pictures)) / Shrinkage;

    private double HalfWidth
        => Quantile / Shrinkage * Math.Sqrt((Accuracy * (1 - Accuracy) + Quantile * Quantile / (4.0 * Pictures)) / Pictures);

    /// <summary>The estimate of an accuracy that is known as a share.</summary>
    /// <param name="accuracy">Share of the pictures classified rightly, 0 to 1; null if none was measured.</param>
    /// <param name="pictures">Pictures in all.</param>
    /// <returns>The estimate; null without an accuracy or pictures.</returns>
    internal static AccuracyEstimate? Of(double? accuracy, int pictures) =>
        accuracy is { } share && pictures > 0 ? new AccuracyEstimate((int)Math.Round(share * pictures), pictures) : null;
}
