namespace Microsoft.ML.PcDarts;

/// <summary>
/// One progress report of a running <see cref="PcDartsTrainer"/>; see <see cref="PcDartsTrainer.Options.MetricsCallback"/>.
/// </summary>
public sealed record TrainingProgress
{
    /// <summary>The phase that the report belongs to.</summary>
    public required TrainingPhase Phase { get; init; }

    /// <summary>Epoch of the phase, or candidate of the selection, from 1; 0 while reading.</summary>
    public int Epoch { get; init; }

    /// <summary>Number of epochs that the phase is planned to take, or of candidates; 0 while reading.</summary>
    public int Epochs { get; init; }

    /// <summary>Steps done in this epoch (pictures done, while reading).</summary>
    public int Step { get; init; }

    /// <summary>Steps of this epoch (pictures in all, while reading).</summary>
    public int Steps { get; init; }

    /// <summary>Mean cross-entropy over the epoch so far, in nats; null while reading.</summary>
    public double? Loss { get; init; }

    /// <summary>Share of the epoch's training pictures classified rightly so far, 0 to 1; null while reading.</summary>
    public double? Accuracy { get; init; }

    /// <summary>
    /// Mean cross-entropy on the validation pictures, in nats; in the search, on the architecture half's augmented batches before each
    /// step. Set on the last report of an epoch that has them.
    /// </summary>
    public double? ValidationLoss { get; init; }

    /// <summary>Accuracy on the same pictures as the validation loss, 0 to 1; set on the last report of an epoch that has them.</summary>
    public double? ValidationAccuracy { get; init; }

    /// <summary>Learning rate of the weights in this step; null while reading.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Training pictures per second over the epoch so far.</summary>
    public double ImagesPerSecond { get; init; }

    /// <summary>Time since <c>Fit</c> was called.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Estimated time to the end of this phase; null while unknown.</summary>
    public TimeSpan? Remaining { get; init; }

    /// <summary>True on the last report of an epoch.</summary>
    public bool EpochEnd { get; init; }

    /// <summary>
    /// The genotype that the search would decode now, set on the last report of a search epoch, or the candidate, set on the last report of
    /// its trial.
    /// </summary>
    public Genotype? Genotype { get; init; }

    /// <summary>α and β; set on the last report of a search epoch.</summary>
    public ArchitectureValues? Architecture { get; init; }

    /// <summary>Entropies of α and β; set on the last report of a search epoch.</summary>
    public SearchDiagnostics? Diagnostics { get; init; }
}
