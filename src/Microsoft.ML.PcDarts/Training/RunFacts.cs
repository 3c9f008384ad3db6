using Microsoft.ML.PcDarts.Architectures;

namespace Microsoft.ML.PcDarts.Training;

/// <summary>Facts of a finished run that its verdict rests on.</summary>
internal sealed record RunFacts
{
    /// <summary>Epochs of the final training that were asked for.</summary>
    public required int Epochs { get; init; }

    /// <summary>Null without a limit.</summary>
    public required TimeSpan? TimeBudget { get; init; }

    public required double SearchTimeShare { get; init; }

    /// <summary>Share of the final training that trials of candidates may take.</summary>
    public required double TrialShare { get; init; }

    /// <summary>Candidates that were asked for, the decoded one included.</summary>
    public required int CandidatesAsked { get; init; }

    /// <summary>Whether the training started from given weights.</summary>
    public bool FineTuned { get; init; }

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
