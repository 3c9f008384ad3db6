namespace Microsoft.ML.PcDarts.Optimizers;

/// <summary>Learning rates as functions of the progress of a phase.</summary>
internal static class LearningRateSchedule
{
    /// <summary>Half a cosine from <paramref name="peak"/> to 0 (Loshchilov and Hutter 2017, without restarts).</summary>
    /// <param name="peak">Learning rate at progress 0.</param>
    /// <param name="progress">Share of the phase that is done, 0 to 1.</param>
    public static double Cosine(double peak, double progress) => peak * 0.5 * (1 + Math.Cos(Math.PI * Math.Clamp(progress, 0, 1)));

    /// <summary>
    /// A linear rise from a tenth of <paramref name="peak"/> over the first <paramref name="warmUp"/> of the phase, then
    /// <see cref="Cosine"/>.
    /// </summary>
    /// <param name="peak">Highest learning rate.</param>
    /// <param name="warmUp">Share of the phase that the rise takes, 0 to below 1.</param>
    /// <param name="progress">Share of the phase that is done, 0 to 1.</param>
    public static double WarmUpCosine(double peak, double warmUp, double progress) => progress < warmUp
        ? peak * (0.1 + 0.9 * progress / warmUp)
        : Cosine(peak, (progress - warmUp) / (1 - warmUp));
}
