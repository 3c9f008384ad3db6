using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Training;

namespace Microsoft.ML.PcDarts.Tests.Training;

public sealed class RunVerdictsTests
{
    private static readonly SearchStrength Noise = new(700, 0.998, 0.999, 1.02, 0.9, SecondsPerStep: 0.5, LearningRate: 3e-3);

    [Fact]
    public void Of_AllTriedAndEnoughPasses_IsSound()
    {
        RunVerdict verdict = RunVerdicts.Of(Facts());
        Assert.False(verdict.FallsShort);
        Assert.Equal((ArchitectureEvidence.Weak, 12, 12, 3, (TimeSpan?)null),
            (verdict.Evidence, verdict.CandidatesAsked, verdict.CandidatesTried, verdict.ChosenCandidate, verdict.SuggestedTimeBudget));
        Assert.Contains("α is at 99.8 % and β at 99.9 % of the largest entropy", verdict.Summary, StringComparison.Ordinal);
        Assert.Contains("1.0 and 0.9 times as far as noise alone", verdict.Summary, StringComparison.Ordinal);
        Assert.Contains("All 12 candidates were tried; candidate 3", verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_NeverStepped_SaysRandomAndWhatBudgetWouldStepIt()
    {
        RunVerdict verdict = RunVerdicts.Of(Facts() with
        {
            Strength = Noise with { Steps = 0 },
            CandidatesTried = 0,
            ChosenCandidate = null
        });
        Assert.Equal(ArchitectureEvidence.None, verdict.Evidence);
        Assert.True(verdict.FallsShort);
        Assert.Null(verdict.AlphaWalk);
        Assert.Contains("ended before α and β were stepped, so the architecture that it decodes to is random", verdict.Summary,
            StringComparison.Ordinal);
        Assert.Contains("None of the 12 candidates was compared", verdict.Summary, StringComparison.Ordinal);

        // 60 steps of 0.5 s in 8 % of the time need 375 s; 12 trials of 20 steps of 0.2 s in 12 % of 92 % need 435 s; 10 s of reading.
        Assert.Equal(TimeSpan.FromMinutes(8), verdict.SuggestedTimeBudget);
        Assert.Contains("a time budget of about 8 minutes", verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_EpochsTooFewForTrials_SuggestsEpochs()
    {
        // A share of 0.12 of 10 epochs of 5 steps is no trial of 20 steps; 12 of them need 400 epochs.
        RunVerdict verdict = RunVerdicts.Of(Facts() with
        {
            TimeBudget = null,
            Epochs = 20,
            StepsPerEpoch = 5,
            CandidatesTried = 0,
            ChosenCandidate = null
        });
        Assert.True(verdict.FallsShort);
        Assert.Equal((null, 400), (verdict.SuggestedTimeBudget, verdict.SuggestedEpochs));
    }

    [Fact]
    public void Of_FewPasses_SuggestsTheTimeOfSixteen()
    {
        // 16 passes of 100 steps of 0.2 s in 88 % of 92 % of the time.
        RunVerdict verdict = RunVerdicts.Of(Facts() with { TrainingPasses = 2.9 });
        Assert.True(verdict.FallsShort);
        Assert.Equal(TimeSpan.FromMinutes(7), verdict.SuggestedTimeBudget);
        Assert.Contains("saw each picture 2.9 times; below 16 times", verdict.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StopReason.Cancelled)]
    [InlineData(StopReason.EarlyStopping)]
    public void Of_EndedEarlyOnPurpose_DoesNotBlameTheBudget(StopReason stopped)
        => Assert.False(RunVerdicts.Of(Facts() with { TrainingPasses = 2.9, StopReason = stopped }).FallsShort);

    [Fact]
    public void Of_GenotypeGiven_JudgesThePassesAlone()
    {
        RunVerdict verdict = RunVerdicts.Of(Facts() with
        {
            Strength = null,
            CandidatesDrawn = 0,
            CandidatesTried = 0,
            ChosenCandidate = null
        });
        Assert.Equal((ArchitectureEvidence.Given, 0, false), (verdict.Evidence, verdict.CandidatesAsked, verdict.FallsShort));
        Assert.Equal("The network saw each picture 30 times.", verdict.Summary);
        Assert.True(RunVerdicts.Of(Facts() with { Strength = null, TrainingPasses = 3 }).FallsShort);
    }

    [Fact]
    public void Of_FineTuning_FewPassesAreEnough()
        => Assert.False(RunVerdicts.Of(Facts() with { FineTuned = true, Strength = null, TrainingPasses = 3 }).FallsShort);

    [Fact]
    public void Of_DecodedOneAloneWithWeakEvidence_FallsShort()
    {
        RunFacts alone = Facts() with
        {
            TimeBudget = null,
            CandidatesAsked = 1,
            CandidatesDrawn = 1,
            CandidatesTried = 0,
            ChosenCandidate = null
        };
        Assert.True(RunVerdicts.Of(alone).FallsShort);
        Assert.False(RunVerdicts.Of(alone with { Strength = Noise with { AlphaWalk = 4, AlphaEntropy = 0.9 } }).FallsShort);
    }

    [Fact]
    public void Of_TooSlowForAnyBudget_SuggestsNone()
        => Assert.Null(RunVerdicts.Of(Facts() with { TrainingPasses = 1, SecondsPerTrainingStep = 1e6 }).SuggestedTimeBudget);

    private static RunFacts Facts() => new()
    {
        Epochs = 60,
        TimeBudget = TimeSpan.FromMinutes(1),
        SearchTimeShare = 0.08,
        TrialShare = 0.12,
        CandidatesAsked = 12,
        Strength = Noise,
        CandidatesDrawn = 12,
        CandidatesTried = 12,
        ChosenCandidate = 3,
        TrainingPasses = 30,
        StepsPerEpoch = 100,
        SecondsPerTrainingStep = 0.2,
        ReadSeconds = 10,
        StopReason = StopReason.Completed,
    };
}
