using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Runs;
using Microsoft.ML.PcDarts.Torch;
using Microsoft.ML.PcDarts.Training;
using Microsoft.ML.PcDarts.Training.Final;
using Microsoft.ML.PcDarts.Training.Search;
using TorchSharp;

namespace Microsoft.ML.PcDarts;

public sealed partial class PcDartsTrainer
{
    private SearchResult Search(RunContext run, ImageDataset data, BatchLoader loader, int[] training, NetworkStem stem, Checkpoint? interrupted)
    {
        int[] rows = Limit(data, training, _options.SearchImages, run.Seed);
        (int[] Weights, int[] Architecture) halves = SearchSplit.Halves(data.LabelValues, rows, run.Seed);
        SupernetShape shape = ShapeOfSupernet(data.Classes, stem, run.InitialSupernet);
        if (run.InitialSupernet is { } initial && interrupted is null)
            TellInitialSupernet(run, initial, data.Classes);
        TellSmallerBatch(run, nameof(Options.SearchBatchSize), _options.SearchBatchSize, halves.Weights.Length);
        try
        {
            return WithHalfTheRate(run, TrainingPhase.Search, interrupted, (at, scale) =>
            {
                using DisposeScope scope = torch.NewDisposeScope();
                using var search = new ArchitectureSearch(run, loader, halves, shape) { LearningRateScale = scale };
                return search.Run(run.SecondsLeft * _options.SearchTimeShare, at);
            });
        }
        catch (Exception error) when (MemoryShortage.IsCauseOf(error))
        {
            throw new InsufficientMemoryException(
                $"The search ran out of memory on {run.Device}: SearchBatchSize {Math.Min(_options.SearchBatchSize, halves.Weights.Length)}, SearchInitialChannels (C) {shape.InitialChannels}, "
                + $"PartialChannels (K) {shape.PartialChannels}, SearchLayers {shape.Layers}, pictures of {data.Width}×{data.Height}. Lower SearchBatchSize, C or SearchLayers, raise K, "
                + "take smaller pictures (MaximumImageSize), or on a CPU set MemorySaving.",
                error);
        }
    }

    private (TrainedNetwork Trained, NetworkShape Shape) Train(
        RunContext run, BatchLoader loader, int[] rows, (BatchLoader Loader, int[] Rows)? validation, NetworkShape shape, Checkpoint? interrupted)
    {
        Genotype genotype = run.Found!.Genotype;
        Checkpoint? trainedBefore = interrupted is { State.Phase: TrainingPhase.Training } ? interrupted : null;
        shape = run.Shape ?? shape;
        TellSmallerBatch(run, nameof(Options.BatchSize), _options.BatchSize, rows.Length);
        try
        {
            if (run.Found.Candidates.Count > 1)
                genotype = Choose(run, loader, rows, shape, interrupted);
            if (trainedBefore is null && run.Initial is null && _options is { TimeBudget: not null, ShrinkNetworkToBudget: true })
                shape = NetworkTrainer.FitToTime(run, loader, rows, genotype, shape);
            run.Shape = shape;
            TrainedNetwork trained = WithHalfTheRate(run, TrainingPhase.Training, trainedBefore, (at, scale) =>
            {
                using var trainer = new NetworkTrainer(run, loader, rows, validation, genotype, shape) { LearningRateScale = scale };
                return trainer.Run(run.SecondsLeft, at);
            });
            return (trained, shape);
        }
        catch (Exception error) when (MemoryShortage.IsCauseOf(error))
        {
            throw Keep(genotype, new InsufficientMemoryException(
                $"The training of the network ran out of memory on {run.Device}: BatchSize {Math.Min(_options.BatchSize, rows.Length)}, InitialChannels (C) {shape.InitialChannels}, "
                + $"Layers {shape.Layers}, pictures of {shape.ImageWidth}×{shape.ImageHeight}. Lower BatchSize, C or Layers (K, PartialChannels, plays no part in this phase), "
                + "take smaller pictures (MaximumImageSize), or on a CPU set MemorySaving."
                + (_options.Genotype is null
                    ? $" The genotype that was found is not lost: Data[\"{GenotypeKey}\"] of this exception is its JSON; give it as Options.Genotype to train without another search."
                    : ""),
                error));
        }
        catch (Exception error)
        {
            Keep(genotype, error);
            throw;
        }
    }

    /// <summary>Tries the candidates of the search.</summary>
    private Genotype Choose(RunContext run, BatchLoader loader, int[] rows, NetworkShape shape, Checkpoint? interrupted)
    {
        TimeSpan start = run.Elapsed;
        SearchResult found = run.Found!;
        Checkpoint? triedBefore = interrupted is { State.Phase: TrainingPhase.Selection } ? interrupted : null;
        if (_options is { TimeBudget: not null, ShrinkNetworkToBudget: true })
            shape = NetworkTrainer.FitToTime(run, loader, rows, found.Genotype, shape);
        Genotype best = new CandidateTrials(run, loader, rows, shape).Run(found.Candidates, triedBefore);
        int tried = Tried(run);
        run.Found = found with
        {
            Genotype = best,
            Time = found.Time + run.Elapsed - start,
            Candidates = [],
            Chosen = tried > 0 ? found.Candidates.Index().First(candidate => candidate.Item.Equals(best)).Index + 1 : null,
        };
        run.Info($"{tried} of {found.Candidates.Count} candidates were compared; trained is {best.ToPython()}");
        return best;
    }

    private static int Tried(RunContext run) => run.Epochs.Where(epoch => epoch.Phase == TrainingPhase.Selection).DistinctBy(epoch => epoch.Genotype).Count();

    /// <summary>Judges the run and says so; null for a run that goes on from a checkpoint of an earlier version, which does not tell enough.</summary>
    private RunVerdict? Judge(RunContext run, SearchResult search, TrainedNetwork trained, int rows, TimeSpan readTime)
    {
        if (search.Strength is null && _options.Genotype is null && run.Initial is null)
            return null;
        PhasePlan plan = PhasePlan.Full(rows, _options.Epochs, _options.BatchSize);
        RunVerdict verdict = RunVerdicts.Of(new RunFacts
        {
            Options = _options,
            Strength = search.Strength,
            StartedFromSupernet = run.InitialSupernet is not null,
            CandidatesDrawn = search.Drawn,
            CandidatesTried = Tried(run),
            ChosenCandidate = search.Chosen,
            TrainingPasses = trained.Images / rows,
            StepsPerEpoch = plan.StepsPerEpoch,
            SecondsPerTrainingStep = plan.BatchSize / trained.ImagesPerSecond,
            ReadSeconds = readTime.TotalSeconds,
            StopReason = trained.Stopped,
        });
        run.Tell(verdict);
        return verdict;
    }

    /// <summary>Runs a phase; if its loss diverges, goes back to the last checkpoint, or to the start of the phase, and halves the learning rate, once.</summary>
    private static T WithHalfTheRate<T>(RunContext run, TrainingPhase phase, Checkpoint? interrupted, Func<Checkpoint?, double, T> work)
    {
        const double Half = 0.5;
        bool halved = interrupted?.State.Progress.LearningRateScale == Half;
        while (true)
        {
            try
            {
                return work(interrupted, halved ? Half : 1);
            }
            catch (LossDivergedException diverged) when (!halved)
            {
                interrupted = run.GoBack(phase);
                run.Warning($"{diverged.Message} Going back to {(interrupted is null ? "the start of the phase" : "the last checkpoint")} with half the learning rate.");
                halved = true;
            }
            catch (LossDivergedException diverged)
            {
                throw new InvalidOperationException(diverged.Message, diverged);
            }
        }
    }

    // A search takes hours; whatever ends the training must not cost its result.
    private Exception Keep(Genotype genotype, Exception error)
    {
        if (_options.Genotype is null)
            error.Data[GenotypeKey] = genotype.ToJson();
        return error;
    }
}
