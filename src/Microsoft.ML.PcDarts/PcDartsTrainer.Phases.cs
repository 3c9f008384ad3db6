using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Runs;
using Microsoft.ML.PcDarts.Torch;
using Microsoft.ML.PcDarts.Training;
using Microsoft.ML.PcDarts.Training.Final;
using Microsoft.ML.PcDarts.Training.Search;
using TorchSharp;

namespace Microsoft.ML.PcDarts;

/// <content>Search, trials of candidates, final training, and the verdict on the run.</content>
public sealed partial class PcDartsTrainer
{
    private SearchResult Search(
        RunSetup setup,
        RunJournal journal,
        ImageDataset data,
        BatchLoader loader,
        int[] training,
        NetworkStem stem,
        SupernetWeights? initial,
        Checkpoint? interrupted)
    {
        int[] rows = Limit(data, training, _options.SearchImages, setup.Seed);
        (int[] Weights, int[] Architecture) halves = SearchSplit.Halves(data.LabelValues, rows, setup.Seed);
        SupernetShape shape = ShapeOfSupernet(data.Classes, stem, initial);
        if (initial is not null && interrupted is null)
            journal.Log.Info(Describe(initial, data.Classes));
        LogSmallerBatch(journal.Log, nameof(Options.SearchBatchSize), _options.SearchBatchSize, halves.Weights.Length);
        try
        {
            return DivergenceRetry.Run(journal, TrainingPhase.Search, interrupted, (at, scale) =>
            {
                using DisposeScope scope = torch.NewDisposeScope();
                using var search = new ArchitectureSearch(setup, journal, _settings.Search, loader, halves, shape, initial)
                {
                    LearningRateScale = scale,
                };
                return search.Run(journal.Clock.SecondsLeft * _options.SearchTimeShare, at);
            });
        }
        catch (Exception error) when (MemoryShortage.IsCauseOf(error))
        {
            throw new InsufficientMemoryException(
                $"The search ran out of memory on {setup.Device}: SearchBatchSize "
                    + $"{Math.Min(_options.SearchBatchSize, halves.Weights.Length)}, "
                + $"SearchInitialChannels (C) {shape.InitialChannels}, PartialChannels (K) {shape.PartialChannels}, SearchLayers "
                + $"{shape.Layers}, "
                + $"pictures of {data.Width}×{data.Height}. Lower SearchBatchSize, C or SearchLayers, raise K, "
                + "take smaller pictures (MaximumImageSize), or on a CPU set MemorySaving.",
                error);
        }
    }

    private (SearchResult Found, NetworkShape Shape, TrainedNetwork Trained) Train(
        RunSetup setup,
        RunJournal journal,
        FinalData data,
        SearchResult found,
        NetworkShape wanted,
        (NetworkWeights Weights, IReadOnlyList<string> ClassNames)? initial,
        Checkpoint? interrupted)
    {
        Checkpoint? trainedBefore = interrupted is { State.Phase: TrainingPhase.Training } ? interrupted : null;
        NetworkShape shape = interrupted?.State.Shape ?? wanted;
        bool shrinks = _options is { TimeBudget: not null, ShrinkNetworkToBudget: true };
        LogSmallerBatch(journal.Log, nameof(Options.BatchSize), _options.BatchSize, data.Rows.Length);
        try
        {
            if (found.Candidates.Count > 1)
                found = Choose(interrupted is { State.Phase: TrainingPhase.Selection } ? interrupted : null);
            if (trainedBefore is null && initial is null && shrinks)
                shape = FitToTime();
            TrainedNetwork trained = DivergenceRetry.Run(journal, TrainingPhase.Training, trainedBefore, (at, scale) =>
            {
                using var trainer = new NetworkTrainer(setup, journal, _settings.Final, data, found, shape, initial)
                {
                    LearningRateScale = scale,
                };
                return trainer.Run(journal.Clock.SecondsLeft, at);
            });
            return (found, shape, trained);
        }
        catch (Exception error) when (MemoryShortage.IsCauseOf(error))
        {
            throw Keep(found.Genotype, new InsufficientMemoryException(
                $"The training of the network ran out of memory on {setup.Device}: BatchSize "
                    + $"{Math.Min(_options.BatchSize, data.Rows.Length)}, "
                + $"InitialChannels (C) {shape.InitialChannels}, Layers {shape.Layers}, pictures of "
                + $"{shape.ImageWidth}×{shape.ImageHeight}. "
                + "Lower BatchSize, C or Layers (K, PartialChannels, plays no part in this phase), "
                + "take smaller pictures (MaximumImageSize), or on a CPU set MemorySaving."
                + (_options.Genotype is null
                    ? $" The genotype that was found is not lost: Data[\"{GenotypeKey}\"] of this exception is its JSON; "
                        + "give it as Options.Genotype to train without another search."
                    : ""),
                error));
        }
        catch (Exception error)
        {
            Keep(found.Genotype, error);
            throw;
        }

        NetworkShape FitToTime() => NetworkTrainer.FitToTime(setup, journal, _settings.Final, data, found, shape);

        // Tries the candidates of the search.
        SearchResult Choose(Checkpoint? triedBefore)
        {
            TimeSpan start = journal.Clock.Elapsed;
            var trials = new CandidateTrials(setup, journal, _settings.Final, data, found, shrinks ? FitToTime() : shape);
            SearchResult chosen = trials.Run(triedBefore);
            return chosen with { Time = found.Time + journal.Clock.Elapsed - start };
        }
    }

    /// <summary>
    /// The verdict on the run, logged; null for a run resumed from a checkpoint of an earlier version, which lacks its facts.
    /// </summary>
    private RunVerdict? Judge(
        RunJournal journal,
        SearchResult found,
        TrainedNetwork trained,
        int rows,
        TimeSpan readTime,
        bool fineTuned,
        bool startedFromSupernet)
    {
        if (found.Strength is null && _options.Genotype is null && !fineTuned)
            return null;
        PhasePlan plan = PhasePlan.Full(rows, _options.Epochs, _options.BatchSize);
        RunVerdict verdict = RunVerdicts.Of(new RunFacts
        {
            Epochs = _options.Epochs,
            TimeBudget = _options.TimeBudget,
            SearchTimeShare = _options.SearchTimeShare,
            TrialShare = _options.CandidateTimeShare,
            CandidatesAsked = _options.SearchCandidates,
            FineTuned = fineTuned,
            Strength = found.Strength,
            StartedFromSupernet = startedFromSupernet,
            CandidatesDrawn = found.Drawn,
            CandidatesTried = CandidateTrials.CountTried(journal),
            ChosenCandidate = found.Chosen,
            TrainingPasses = trained.Images / rows,
            StepsPerEpoch = plan.StepsPerEpoch,
            SecondsPerTrainingStep = plan.BatchSize / trained.ImagesPerSecond,
            ReadSeconds = readTime.TotalSeconds,
            StopReason = trained.Stopped,
        });
        journal.Log.Verdict(verdict);
        return verdict;
    }

    private static void LogSmallerBatch(RunLog log, string option, int batchSize, int pictures)
    {
        if (batchSize > pictures)
            log.Info($"{option} {batchSize} is more than the {pictures} pictures of this phase; its steps take all {pictures}.");
    }

    // A search takes hours; whatever ends the training must not cost its result.
    private Exception Keep(Genotype genotype, Exception error)
    {
        if (_options.Genotype is null)
            error.Data[GenotypeKey] = genotype.ToJson();
        return error;
    }
}
