using Microsoft.ML.PcDarts.Training;

namespace Microsoft.ML.PcDarts.Runs;

/// <summary>Where a phase stands between two steps: with the weights, all that its loop needs to go on. Each phase uses what it needs of it.</summary>
internal sealed class PhaseProgress
{
    public required PhasePlan Plan { get; set; }

    /// <summary>Epoch, from 0.</summary>
    public int Epoch { get; set; }

    /// <summary>Steps done in the epoch.</summary>
    public int Step { get; set; }

    /// <summary>Steps of this epoch; a time budget may change them from one epoch to the next.</summary>
    public int EpochSteps { get; set; }

    /// <summary>Sums over the epoch so far.</summary>
    public MeterSums Sums { get; set; } = new(0, 0, 0);

    /// <summary>Sums over the architecture's batches of the epoch so far.</summary>
    public MeterSums ArchitectureSums { get; set; } = new(0, 0, 0);

    /// <summary>Sums over the second half of a candidate's trial so far; those of the first are in <see cref="Sums"/>.</summary>
    public MeterSums SecondHalfSums { get; set; } = new(0, 0, 0);

    /// <summary>Steps of the architecture since the search began.</summary>
    public int ArchitectureSteps { get; set; }

    /// <summary>Share of a whole search step's time that its weights take; 1 without a time budget.</summary>
    public double WeightShare { get; set; } = 1;

    /// <summary>When the phase must end, in time since the run began; null without a time budget.</summary>
    public TimeSpan? Deadline { get; set; }

    /// <summary>Time spent in the phase.</summary>
    public TimeSpan Elapsed { get; set; }

    /// <summary>Seconds that validating after an epoch takes.</summary>
    public double ValidationSeconds { get; set; }

    public TrainedAmount Trained { get; set; } = new(0, 0, 0);

    /// <summary>Measured cost of a picture at smaller sizes, relative to one of full size.</summary>
    public IReadOnlyList<SizeCost> Costs { get; set; } = [];

    /// <summary>What the learning rate of the options is multiplied by: less than 1 after the loss has diverged.</summary>
    public double LearningRateScale { get; set; } = 1;

    /// <summary>The epoch of the training, from 1, that validated best so far; 0 for none.</summary>
    public int BestEpoch { get; set; }

    /// <summary>Its score: higher is better.</summary>
    public double BestScore { get; set; } = double.NegativeInfinity;

    /// <summary>The last epoch, from 1, that improved the score by more than the least that counts, and that score.</summary>
    public int ImprovedEpoch { get; set; }

    public double ImprovedScore { get; set; } = double.NegativeInfinity;

    /// <summary>Why the phase ended before its plan did; null while it has not.</summary>
    public StopReason? Stopped { get; set; }

    /// <summary>The genotype after the last epoch of the search that stepped the architecture, and for how many epochs it has not changed.</summary>
    public Genotype? LastGenotype { get; set; }

    public int UnchangedEpochs { get; set; }

    public void NextEpoch()
    {
        Epoch++;
        Step = 0;
        EpochSteps = Plan.StepsPerEpoch;
        Sums = ArchitectureSums = new MeterSums(0, 0, 0);
    }
}

/// <summary>What was trained in whole epochs, for replanning.</summary>
/// <param name="Images">Pictures.</param>
/// <param name="Cost">Pictures, each times its cost.</param>
/// <param name="Seconds">Time, validation left out.</param>
internal sealed record TrainedAmount(double Images, double Cost, double Seconds)
{
    public double ImagesPerSecond => Images / Seconds;

    public TrainedAmount Plus(int images, double cost, double seconds) => new(Images + images, Cost + images * cost, Seconds + seconds);

    /// <summary>Steps of the next epoch that let all epochs left end in time.</summary>
    /// <param name="seconds">Time left.</param>
    /// <param name="batchSize">Pictures a step.</param>
    /// <param name="costLeft">Sum of the costs of a picture over the epochs left.</param>
    /// <param name="pass">Steps of a pass over the pictures: the most that an epoch has.</param>
    public int StepsWithin(double seconds, int batchSize, double costLeft, int pass) => (int)Math.Clamp(seconds * Cost / Seconds / batchSize / costLeft, 1, pass);

    /// <summary>Epochs of one pass each that fit into the time.</summary>
    /// <param name="seconds">Time left.</param>
    /// <param name="batchSize">Pictures a step.</param>
    /// <param name="cost">Mean cost of a picture.</param>
    /// <param name="pass">Steps of a pass over the pictures.</param>
    /// <param name="secondsPerEpoch">Cost of an epoch's end, such as validation.</param>
    public int PassesWithin(double seconds, int batchSize, double cost, int pass, double secondsPerEpoch)
        => (int)(seconds / (pass * batchSize * cost * Seconds / Cost + secondsPerEpoch));
}

/// <summary>Cost of a picture of some size, relative to one of full size.</summary>
internal sealed record SizeCost(int Height, int Width, double Cost);

/// <summary>What an <see cref="EpochMeter"/> has summed.</summary>
/// <param name="Loss">Sum of the cross-entropies, in nats.</param>
/// <param name="Hits">Pictures classified rightly.</param>
/// <param name="Count">Pictures.</param>
internal sealed record MeterSums(double Loss, double Hits, int Count);
