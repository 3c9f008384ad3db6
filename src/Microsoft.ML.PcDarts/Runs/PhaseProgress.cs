using System.Text.Json.Serialization;

namespace Microsoft.ML.PcDarts.Runs;

/// <summary>Where a phase stands between two steps: with its tensors, all that its loop needs to resume.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "phase")]
[JsonDerivedType(typeof(SearchProgress), nameof(TrainingPhase.Search))]
[JsonDerivedType(typeof(SelectionProgress), nameof(TrainingPhase.Selection))]
[JsonDerivedType(typeof(FinalProgress), nameof(TrainingPhase.Training))]
internal abstract class PhaseProgress
{
    [JsonIgnore]
    public TrainingPhase Phase => this switch
    {
        SearchProgress => TrainingPhase.Search,
        SelectionProgress => TrainingPhase.Selection,
        _ => TrainingPhase.Training,
    };

    public required PhasePlan Plan { get; set; }

    /// <summary>Epoch, from 0; of the selection, the trial.</summary>
    public int Epoch { get; set; }

    /// <summary>Steps done in the epoch.</summary>
    public int Step { get; set; }

    /// <summary>Steps of this epoch; a time budget may change them from one epoch to the next.</summary>
    public int EpochSteps { get; set; }

    /// <summary>Sums over the epoch so far; of a trial, over its first half.</summary>
    public MeterSums Sums { get; set; } = MeterSums.Zero;

    /// <summary>When the phase must end, in time since the run began; null without a time budget.</summary>
    public TimeSpan? Deadline { get; set; }

    /// <summary>Time spent in the phase; of the selection, in the trial.</summary>
    public TimeSpan Elapsed { get; set; }

    public TrainedAmount Trained { get; set; } = new(0, 0, 0);

    /// <summary>Factor of the options' learning rate: less than 1 after the loss has diverged.</summary>
    public double LearningRateScale { get; set; } = 1;

    /// <summary>Why the phase ended before its plan did; null while it has not.</summary>
    public StopReason? Stopped { get; set; }

    public virtual void NextEpoch()
    {
        Epoch++;
        Step = 0;
        EpochSteps = Plan.StepsPerEpoch;
        Sums = MeterSums.Zero;
    }
}

/// <summary>Where a search stands.</summary>
internal sealed class SearchProgress : PhaseProgress
{
    /// <summary>Sums over the architecture's batches of the epoch so far.</summary>
    public MeterSums ArchitectureSums { get; set; } = MeterSums.Zero;

    /// <summary>Steps of the architecture since the search began.</summary>
    public int ArchitectureSteps { get; set; }

    /// <summary>Share of a whole search step's time that its weights take; 1 without a time budget.</summary>
    public double WeightShare { get; set; } = 1;

    /// <summary>The genotype after the last epoch that stepped the architecture.</summary>
    public Genotype? LastGenotype { get; set; }

    /// <summary>Epochs since <see cref="LastGenotype"/> last changed.</summary>
    public int UnchangedEpochs { get; set; }

    public override void NextEpoch()
    {
        base.NextEpoch();
        ArchitectureSums = MeterSums.Zero;
    }
}

/// <summary>Where the selection among candidates stands; its epochs are trials.</summary>
internal sealed class SelectionProgress : PhaseProgress
{
    /// <summary>Sums over the second half of the trial so far.</summary>
    public MeterSums SecondHalfSums { get; set; } = MeterSums.Zero;

    public override void NextEpoch()
    {
        base.NextEpoch();
        (Elapsed, SecondHalfSums) = (TimeSpan.Zero, MeterSums.Zero);
    }
}

/// <summary>Where the final training stands.</summary>
internal sealed class FinalProgress : PhaseProgress
{
    /// <summary>Seconds that validating after an epoch takes.</summary>
    public double ValidationSeconds { get; set; }

    /// <summary>Measured cost of a picture at smaller sizes, relative to one of full size.</summary>
    public IReadOnlyList<SizeCost> Costs { get; set; } = [];

    /// <summary>The epoch, from 1, that validated best so far; 0 for none.</summary>
    public int BestEpoch { get; set; }

    /// <summary>Its score: higher is better.</summary>
    public double BestScore { get; set; } = double.NegativeInfinity;

    /// <summary>The last epoch, from 1, that improved the score by more than the least that counts.</summary>
    public int ImprovedEpoch { get; set; }

    /// <summary>The score of <see cref="ImprovedEpoch"/>.</summary>
    public double ImprovedScore { get; set; } = double.NegativeInfinity;
}
