namespace Microsoft.ML.PcDarts;

/// <summary>Metric that compares epochs of the final training; see <see cref="PcDartsTrainer.Options.ValidationMetric"/>.</summary>
public enum ValidationMetric
{
    /// <summary>Share of the validation pictures classified rightly; higher is better.</summary>
    Accuracy,

    /// <summary>Mean cross-entropy on the validation pictures; lower is better.</summary>
    Loss,
}
