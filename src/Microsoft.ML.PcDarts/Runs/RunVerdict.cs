namespace Microsoft.ML.PcDarts;

/// <summary>How far a run can be trusted: whether its search decided anything, whether candidates were tried, whether the network saw the
/// pictures often enough, and what budget would help.</summary>
/// <remarks>
/// A search of few steps leaves α and β near even and moves them about as far as noise would: Adam makes steps of nearly the learning
/// rate whatever the gradient, so under noise alone each entry walks σ = rate·√steps. What such
/// a search decodes to is hardly better than a random architecture, and only the trials of candidates make a difference.
/// </remarks>
public sealed record RunVerdict
{
    /// <summary>Evidence for the architecture that the search decoded to.</summary>
    public required ArchitectureEvidence Evidence { get; init; }

    /// <summary>Steps of α and β; 0 when the architecture was given.</summary>
    public int ArchitectureSteps { get; init; }

    /// <summary>Mean entropy of softmax(α) over operations as a share of the largest, 0 (decided) to 1 (even); null when the architecture
    /// was given.</summary>
    public double? AlphaEntropy { get; init; }

    /// <summary>Mean entropy of softmax(β) over the inputs of a node as a share of the largest, 0 to 1; null when the architecture was
    /// given.</summary>
    public double? BetaEntropy { get; init; }

    /// <summary>How far α has moved, in units of the random walk: its standard deviation about the mean of each edge over rate·√steps.
    /// About 1 for noise; null without steps.</summary>
    public double? AlphaWalk { get; init; }

    /// <summary>As <see cref="AlphaWalk"/>, of β about the mean of each node.</summary>
    public double? BetaWalk { get; init; }

    /// <summary>Candidates that were asked for (<see cref="PcDartsTrainer.Options.SearchCandidates"/>), the decoded architecture
    /// included; 1 means none beside it, 0 that the architecture was given.</summary>
    public int CandidatesAsked { get; init; }

    /// <summary>Candidates whose trial was completed; 0 when there was nothing or no time to compare.</summary>
    public int CandidatesTried { get; init; }

    /// <summary>Number of the candidate that was trained to the end: 1 is the decoded architecture; null when none was tried.</summary>
    public int? ChosenCandidate { get; init; }

    /// <summary>How often the final training saw each picture.</summary>
    public double TrainingPasses { get; init; }

    /// <summary>Whether something above falls short; <see cref="Summary"/> says what.</summary>
    public bool FallsShort { get; init; }

    /// <summary>
    /// The <see cref="PcDartsTrainer.Options.TimeBudget"/> that would make up for it, from the step times of this run on its machine;
    /// null when nothing falls short, when no budget was set, or when none within 30 days would.
    /// </summary>
    public TimeSpan? SuggestedTimeBudget { get; init; }

    /// <summary>The <see cref="PcDartsTrainer.Options.Epochs"/> that would make up for it; null when those of the run allow as
    /// much.</summary>
    public int? SuggestedEpochs { get; init; }

    /// <summary>All of this in a few sentences.</summary>
    public required string Summary { get; init; }
}
