using Microsoft.ML.PcDarts.Architectures;

namespace Microsoft.ML.PcDarts.Training;

/// <summary>What a run is judged by.</summary>
internal sealed record RunFacts
{
    public required PcDartsTrainer.Options Options { get; init; }

    /// <summary>Null when the architecture was given.</summary>
    public required SearchStrength? Strength { get; init; }

    public bool StartedFromSupernet { get; init; }

    /// <summary>Candidates that the search gave, the decoded one included.</summary>
    public int CandidatesDrawn { get; init; }

    public int CandidatesTried { get; init; }

    /// <summary>From 1; null when none was tried.</summary>
    public int? ChosenCandidate { get; init; }

    public required double TrainingPasses { get; init; }

    /// <summary>Steps of a pass over the pictures.</summary>
    public required int StepsPerEpoch { get; init; }

    public required double SecondsPerTrainingStep { get; init; }

    public double ReadSeconds { get; init; }

    public required StopReason StopReason { get; init; }
}
