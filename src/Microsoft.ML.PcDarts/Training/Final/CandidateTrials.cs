using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Training.Final;

/// <summary>
/// Trains the candidates of a search for a while each, from the same random numbers and on the same pictures, then the best third three
/// times as long, and keeps the one with the lowest loss: the preference of α and β in a short search need not be what learns well on its
/// own.
/// </summary>
/// <remarks>
/// Differs from PC-DARTS, whose code decodes one genotype. Source: Liu et al. 2019 (DARTS), section 3.1, who choose among four searches by
/// training each result for a while; of the measure: Ru et al. 2021, "Speedy Performance Estimation for Neural Architecture Search": the
/// mean training loss of the last epochs that were trained; of the rounds: Jamieson and Talwalkar 2016 (successive halving, here with
/// thirds). Under a time budget all candidates of a round get the same time, so that cheap ones see more pictures.
/// </remarks>
/// <param name="setup">Device and seed.</param>
/// <param name="journal">Clock, log, reports and checkpoints.</param>
/// <param name="settings">Length, optimizer and losses of the final training, and the share of it that trials take.</param>
/// <param name="data">Pictures to train on.</param>
/// <param name="found">Result of the search, with its candidates.</param>
/// <param name="shape">Shape of the networks.</param>
internal sealed partial class CandidateTrials(
    RunSetup setup, RunJournal journal, FinalSettings settings, FinalData data, SearchResult found, NetworkShape shape)
{
    private const int Third = 3; // one candidate in so many is tried again, so many times as long
    private readonly RunSetup _setup = setup;
    private readonly RunJournal _journal = journal;
    private readonly FinalSettings _settings = settings;
    private readonly FinalData _data = data;
    private readonly SearchResult _found = found;
    private readonly NetworkShape _shape = shape;

    private PhasePlan Training => PhasePlan.Full(_data.Rows.Length, _settings.Epochs, _settings.BatchSize);

    /// <summary>Number of candidates that have been compared.</summary>
    public static int CountTried(RunJournal journal)
        => journal.Epochs.Where(epoch => epoch.Phase == TrainingPhase.Selection).DistinctBy(epoch => epoch.Genotype).Count();

    /// <summary>Tries the candidates that were not tried yet.</summary>
    /// <param name="interrupted">Checkpoint to resume from; null to begin.</param>
    /// <returns>The result of the search with the best of those that were tried; with the first where there is no time to
    /// compare.</returns>
    public SearchResult Run(Checkpoint? interrupted)
    {
        IReadOnlyList<Genotype> candidates = _found.Candidates;
        Rounds rounds = Plan(candidates.Count);
        SelectionProgress progress = interrupted is null ? Begin(rounds) : (SelectionProgress)interrupted.State.Progress;
        while (progress.Plan.Epochs > 1 && progress.Epoch < progress.Plan.Epochs && !(_journal.Clock.Elapsed >= progress.Deadline))
        {
            Genotype? candidate = progress.Epoch < rounds.First
                ? candidates[progress.Epoch]
                : BestFirst().ElementAtOrDefault(progress.Epoch - rounds.First)?.Genotype;
            if (candidate is null)
                break; // some diverged
            using (var trial = new Trial(this, candidate, progress, rounds))
                trial.Run(interrupted?.Tensors);
            progress.NextEpoch();
            _journal.Save(() => _journal.Checkpoint(progress, new Dictionary<string, TensorData>(), _found));
        }

        Genotype best = BestFirst(all: true).FirstOrDefault()?.Genotype ?? candidates[0];
        int tried = CountTried(_journal);
        _journal.Log.Info($"{tried} of {candidates.Count} candidates were compared; trained is {best.ToPython()}");
        return _found with
        {
            Genotype = best,
            Candidates = [],
            Chosen = tried > 0 ? candidates.Index().First(candidate => candidate.Item.Equals(best)).Index + 1 : null,
        };

        // A second trial has a lower loss than the first of the same candidate, since it learns longer.
        IEnumerable<EpochMetrics> BestFirst(bool all = false) => _journal.Epochs
            .Where(epoch => epoch.Phase == TrainingPhase.Selection && (all || epoch.Epoch <= rounds.First))
            .OrderBy(epoch => epoch.Loss);
    }

    private Rounds Plan(int candidates)
    {
        double steps = _settings.TrialShare * Training.Epochs * Training.StepsPerEpoch;
        var once = new Rounds((int)Math.Clamp(steps / PlanLimits.FewestTrialSteps, 1, candidates), 0, steps);
        Rounds twice = once with { Second = once.First / Third };
        return twice.Second > 1 && twice.Steps(0) >= PlanLimits.FewestTrialSteps ? twice : once;
    }

    private SelectionProgress Begin(Rounds rounds) => new()
    {
        Plan = Training with { Epochs = rounds.First + rounds.Second, StepsPerEpoch = rounds.Steps(0) },
        Deadline = _journal.Clock.SecondsLeft is { } left
            ? _journal.Clock.Elapsed + TimeSpan.FromSeconds(left * _settings.TrialShare)
            : null,
    };

    /// <summary>Number of candidates that are tried, of those tried again, and of the steps of all trials together.</summary>
    private sealed record Rounds(int First, int Second, double AllSteps)
    {
        public int Steps(int trial) => (int)Math.Min(int.MaxValue, AllSteps * Weight(trial) / Weights(0));

        /// <summary>Share of a trial in all that it and those after it take.</summary>
        /// <param name="trial">The trial, from 0.</param>
        public double ShareOfRest(int trial) => (double)Weight(trial) / Weights(trial);

        private int Weight(int trial) => trial < First ? 1 : Third;

        private int Weights(int from) => Enumerable.Range(from, First + Second - from).Sum(Weight);
    }
}
