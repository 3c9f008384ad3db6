using System.Globalization;
using Microsoft.ML.PcDarts.Architectures;

namespace Microsoft.ML.PcDarts.Training;

/// <summary>Judges a run by its numbers.</summary>
internal static class RunVerdicts
{
    /// <param name="facts">Facts of a finished run.</param>
    public static RunVerdict Of(RunFacts facts)
    {
        List<string> summary = [];
        double secondsOfSearch = 0, secondsOfTrials = 0;
        int epochs = 0;
        bool fallsShort = false;

        ArchitectureEvidence evidence = facts.Strength switch
        {
            null => ArchitectureEvidence.Given,
            { Steps: 0 } => ArchitectureEvidence.None,
            { IsClear: true } => ArchitectureEvidence.Clear,
            _ => ArchitectureEvidence.Weak,
        };
        if (facts.Strength is { } strength)
        {
            summary.Add(OfSearch(evidence, strength, facts.StartedFromSupernet));
            if (evidence == ArchitectureEvidence.None)
                secondsOfSearch = PlanLimits.FewestSearchSteps * strength.SecondsPerStep;
            else if (evidence == ArchitectureEvidence.Weak && strength.StepsToDecide is { } steps)
                secondsOfSearch = steps * strength.SecondsPerStep;
            bool asked = facts.CandidatesDrawn > 1;
            bool allTried = !asked || facts.CandidatesTried >= facts.CandidatesDrawn;
            summary.Add(OfTrials(facts, asked));
            if (!allTried)
            {
                double trialSteps = (double)PlanLimits.FewestTrialSteps * facts.CandidatesDrawn;
                secondsOfTrials = trialSteps * facts.SecondsPerTrainingStep / facts.TrialShare;
                epochs = (int)Math.Min(int.MaxValue, Math.Ceiling(trialSteps / facts.TrialShare / facts.StepsPerEpoch));
            }

            fallsShort = !allTried || (evidence != ArchitectureEvidence.Clear && facts.CandidatesTried < 2);
        }

        double secondsOfTraining = 0;
        // Fine-tuning needs few passes, and an end that was asked for is no lack.
        bool judged = !facts.FineTuned && facts.StopReason is StopReason.Completed or StopReason.TimeBudget;
        bool fewPasses = judged && facts.TrainingPasses < PlanLimits.FewestPasses - 0.05;
        summary.Add(string.Create(CultureInfo.InvariantCulture, $"The network saw each picture {facts.TrainingPasses:0.##} times")
            + (fewPasses ? $"; below {PlanLimits.FewestPasses} times a network is usually far from what it can learn." : "."));
        if (fewPasses)
        {
            fallsShort = true;
            secondsOfTraining = PlanLimits.FewestPasses * facts.StepsPerEpoch * facts.SecondsPerTrainingStep;
            epochs = Math.Max(epochs, PlanLimits.FewestPasses);
        }

        int? suggestedEpochs = epochs > facts.Epochs ? epochs : null;
        TimeSpan? budget = null;
        if (fallsShort && facts.TimeBudget is { } given)
        {
            double searchShare = facts.Strength is null ? 0 : facts.SearchTimeShare;
            double trialShare = facts.Strength is null || facts.CandidatesAsked == 1 ? 0 : facts.TrialShare;
            double secondsOfRest = Math.Max(secondsOfTrials, secondsOfTraining / (1 - trialShare));
            double seconds = Math.Max(secondsOfSearch / facts.SearchTimeShare, secondsOfRest / (1 - searchShare));
            budget = Rounded(facts.ReadSeconds + seconds);
            if (budget <= given)
                budget = null; // the time was there; the steps of the plan were not
        }

        if (budget is not null || suggestedEpochs is not null)
            summary.Add(Advice(budget, suggestedEpochs));
        return new RunVerdict
        {
            Evidence = evidence,
            ArchitectureSteps = facts.Strength?.Steps ?? 0,
            AlphaEntropy = facts.Strength?.AlphaEntropy,
            BetaEntropy = facts.Strength?.BetaEntropy,
            AlphaWalk = facts.Strength is { Steps: > 0 } moved ? moved.AlphaWalk : null,
            BetaWalk = facts.Strength is { Steps: > 0 } walked ? walked.BetaWalk : null,
            CandidatesAsked = facts.Strength is null ? 0 : facts.CandidatesAsked,
            CandidatesTried = facts.CandidatesTried,
            ChosenCandidate = facts.ChosenCandidate,
            TrainingPasses = facts.TrainingPasses,
            FallsShort = fallsShort,
            SuggestedTimeBudget = budget,
            SuggestedEpochs = suggestedEpochs,
            Summary = string.Join(' ', summary),
        };
    }

    private static string OfSearch(ArchitectureEvidence evidence, SearchStrength strength, bool startedFromSupernet)
    {
        string from = startedFromSupernet ? "what the supernet started from" : "random";
        string where = string.Create(CultureInfo.InvariantCulture,
            $"after {strength.Steps:N0} steps α is at {100 * strength.AlphaEntropy:0.0} % and β at "
                + $"{100 * strength.BetaEntropy:0.0} % of the largest "
            + $"entropy (even is 100 %), and they have moved {strength.AlphaWalk:0.0} and {strength.BetaWalk:0.0} times as far as noise "
            + $"alone would move them");
        return evidence switch
        {
            ArchitectureEvidence.None =>
                $"The search's share of the time ended before α and β were stepped, so the architecture that it decodes to is {from}.",
            ArchitectureEvidence.Weak =>
                $"The search decided little: {where}. The architecture that it decodes to is hardly better than a random one.",
            _ => $"The search prefers what it decodes to: {where}.",
        };
    }

    private static string OfTrials(RunFacts facts, bool asked)
    {
        if (!asked)
            return "No other candidates were asked for, so the decoded architecture was trained.";
        int count = facts.CandidatesDrawn;
        return facts.CandidatesTried switch
        {
            < 2 => $"None of the {count} candidates was compared: there were too few steps or too little time for trials of "
                + $"{PlanLimits.FewestTrialSteps} steps. The decoded architecture was trained.",
            _ when facts.CandidatesTried < count => $"Only {facts.CandidatesTried} of {count} candidates were tried; "
                + $"of these, candidate {facts.ChosenCandidate} had the lowest loss and was trained.",
            _ => $"All {count} candidates were tried; candidate {facts.ChosenCandidate} had the lowest loss and was trained.",
        };
    }

    private static string Advice(TimeSpan? budget, int? epochs)
    {
        string needs = string.Join(" and ", new[]
        {
            budget is { } time ? $"a time budget of about {Text(time)}" : null,
            epochs is { } count ? string.Create(CultureInfo.InvariantCulture, $"{count:N0} epochs") : null,
        }.OfType<string>());
        return $"By the step times of this run, {needs} would make up for it.";
    }

    private static string Text(TimeSpan time) => time switch
    {
        { TotalHours: >= 10 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0} hours"),
        { TotalHours: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.#} hours"),
        { TotalMinutes: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} minutes"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} seconds"),
    };

    /// <summary>Up, to two digits or so; null beyond 30 days.</summary>
    private static TimeSpan? Rounded(double seconds)
    {
        if (!(seconds <= TimeSpan.FromDays(30).TotalSeconds))
            return null;
        double unit = seconds switch { < 120 => 10, < 1800 => 60, < 7200 => 300, _ => 1800 };
        return TimeSpan.FromSeconds(Math.Ceiling(seconds / unit) * unit);
    }
}
