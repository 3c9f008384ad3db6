using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Runs;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Search;

/// <summary>The alternating search: Adam on α and β on one half of the pictures, SGD on the supernet's weights on the other.</summary>
/// <remarks>Source: Xu et al. 2020, section 3 and train_search.py of the paper's code. Each step first steps the architecture (after the
/// warm-up epochs), then the weights. Differs from PC-DARTS: the halves are stratified and shuffled by a seed instead of following the file
/// order.</remarks>
internal sealed partial class ArchitectureSearch : IDisposable
{
    private const int ArchitectureStream = -1; // epochs number the streams of the weights
    private readonly RunSetup _setup;
    private readonly RunJournal _journal;
    private readonly SearchSettings _settings;
    private readonly BatchLoader _loader;
    private readonly int[] _weightRows;
    private readonly int[] _architectureRows;
    private readonly SupernetShape _shape;
    private readonly ArchitectureParameters _architecture;
    private readonly Supernet _supernet;
    private readonly Architect _architect;
    private readonly WeightStepper _weights;
    private readonly ArchitectureValues _start;

    /// <param name="setup">Device and seed.</param>
    /// <param name="journal">Clock, log, reports and checkpoints.</param>
    /// <param name="settings">Length, rates and rules of the search.</param>
    /// <param name="loader">Makes batches from row indices.</param>
    /// <param name="halves">Row indices of the weight half and of the architecture half.</param>
    /// <param name="shape">Shape of the supernet.</param>
    /// <param name="initial">Supernet to start from; null for random weights.</param>
    public ArchitectureSearch(
        RunSetup setup,
        RunJournal journal,
        SearchSettings settings,
        BatchLoader loader,
        (int[] Weights, int[] Architecture) halves,
        SupernetShape shape,
        SupernetWeights? initial = null)
    {
        (_setup, _journal, _settings, _loader, _shape) = (setup, journal, settings, loader, shape);
        (_weightRows, _architectureRows) = halves;
        random.manual_seed(setup.Seed);
        _architecture = new ArchitectureParameters(new CellTopology(shape.Nodes), setup.Device, setup.Seed);
        _supernet = new Supernet(shape, setup.Device) { MemorySaving = setup.MemorySaving };
        initial?.CopyTo(_supernet);
        initial?.CopyTo(_architecture);
        _start = _architecture.Values();
        _architect = new Architect(_supernet, _architecture, settings.ArchitectureLearningRate, setup.ClassWeights, journal.Log.Warning);
        _weights = new WeightStepper(
            _supernet,
            _architecture,
            settings.LearningRate,
            settings.Momentum,
            settings.WeightDecay,
            settings.GradientClipNorm,
            setup.ClassWeights,
            journal.Log.Warning);
    }

    /// <summary>Factor of the options' learning rate. Default 1.</summary>
    public double LearningRateScale { get; init; } = 1;

    /// <summary>Searches to the end of the plan.</summary>
    /// <param name="secondsAvailable">Seconds that the search may take; null for no limit. Without effect on a search that resumes.</param>
    /// <param name="interrupted">Checkpoint to resume from; null to begin.</param>
    /// <returns>The result.</returns>
    public SearchResult Run(double? secondsAvailable, Checkpoint? interrupted = null)
    {
        RunClock clock = _journal.Clock;
        TimeSpan start = clock.Elapsed - (interrupted?.State.Progress.Elapsed ?? TimeSpan.Zero);
        SearchProgress progress = interrupted is null ? Plan(secondsAvailable) : Resume(interrupted);
        PhasePlan plan = progress.Plan;
        int warmUp = Math.Min(plan.Epochs - 1, (int)Math.Round((double)plan.Epochs * _settings.WarmUpEpochs / _settings.Epochs));
        _journal.Log.Info(
            $"Search: {plan.Epochs} epochs ({warmUp} of warm-up) of {plan.StepsPerEpoch} steps of {plan.BatchSize} pictures.");
        // A last batch of few pictures would make a noisy step of the architecture; the endless stream drops it.
        var architectureSampler = new BatchSampler(
            _architectureRows, Math.Min(plan.BatchSize, _architectureRows.Length), _setup.Seed + 1, dropLast: true);
        using IEnumerator<LabeledBatch> architectureBatches = _loader.Augmented(
            architectureSampler.Endless(progress.ArchitectureSteps),
            ArchitectureStream,
            firstPlace: progress.ArchitectureSteps).GetEnumerator();
        int pass = PhasePlan.StepsOfPass(_weightRows.Length, plan.BatchSize);
        while (progress.Epoch < plan.Epochs && progress.Stopped is null)
        {
            if (progress.Deadline is { } limit && progress is { Epoch: > 0, Step: 0 })
            {
                double left = (limit - clock.Elapsed).TotalSeconds;
                if (left <= 0)
                {
                    _journal.Log.Info(
                        $"Search ended after epoch {progress.Epoch} of {plan.Epochs}: its share of the time budget is used up.");
                    break;
                }

                double costLeft = Enumerable.Range(progress.Epoch, plan.Epochs - progress.Epoch).Sum(Cost);
                progress.EpochSteps = progress.Trained.StepsWithin(left, plan.BatchSize, costLeft, pass);
            }

            using var epoch = new Epoch(this, progress, start, progress.Epoch >= warmUp ? architectureBatches : null);
            epoch.Run(Cost(progress.Epoch));
            progress.NextEpoch();
        }

        if (progress.ArchitectureSteps == 0)
        {
            _journal.Log.Warning("The search's share of the time budget ended before the architecture was stepped, so the genotype is "
                + "random. "
                + "Raise TimeBudget or SearchTimeShare, or give a Genotype.");
        }

        KeepSupernet();
        return Result(progress, clock.Elapsed - start);

        // Warm-up epochs step the weights alone.
        double Cost(int epoch) => epoch < warmUp ? progress.WeightShare : 1;
    }

    public void Dispose()
    {
        _weights.Dispose();
        _architect.Dispose();
        _supernet.Dispose();
        _architecture.Dispose();
    }

    private SearchResult Result(SearchProgress progress, TimeSpan time)
    {
        Genotype decoded = _architecture.Decode(_settings.MaximumSkipConnections);
        ArchitectureValues values = _architecture.Values();
        IReadOnlyList<Genotype> candidates = GenotypeSampler.Candidates(
            values, decoded, _settings.Candidates, _settings.MaximumSkipConnections, _setup.Seed);
        double secondsPerStep = progress.Plan.BatchSize * progress.Trained.Seconds / progress.Trained.Cost;
        return new SearchResult(decoded, time, progress.Trained.ImagesPerSecond)
        {
            Candidates = candidates,
            Drawn = candidates.Count,
            Strength = SearchStrength.Of(_start, values, progress.ArchitectureSteps, _settings.ArchitectureLearningRate, secondsPerStep),
        };
    }
}
