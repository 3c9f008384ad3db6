using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Optimizers;
using Microsoft.ML.PcDarts.Runs;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Search;

/// <summary>The alternating search: Adam on α and β on one half of the pictures, SGD on the supernet's weights on the other.</summary>
/// <remarks>Source: Xu et al. 2020, section 3 and train_search.py of the paper's code. Each step first steps the architecture (after the warm-up
/// epochs), then the weights. Differs from PC-DARTS: the halves are stratified and shuffled by a seed instead of following the file order.</remarks>
internal sealed partial class ArchitectureSearch : IDisposable
{
    private const int ArchitectureStream = -1; // epochs number the streams of the weights
    private readonly RunContext _run;
    private readonly BatchLoader _loader;
    private readonly int[] _weightRows;
    private readonly int[] _architectureRows;
    private readonly SupernetShape _shape;
    private readonly ArchitectureParameters _architecture;
    private readonly Supernet _supernet;
    private readonly Architect _architect;
    private readonly WeightStepper _weights;
    private readonly ArchitectureValues _start;

    /// <param name="run">The run.</param>
    /// <param name="loader">Makes batches from row indices.</param>
    /// <param name="halves">Row indices of the weight half and of the architecture half.</param>
    /// <param name="shape">Shape of the supernet.</param>
    public ArchitectureSearch(RunContext run, BatchLoader loader, (int[] Weights, int[] Architecture) halves, SupernetShape shape)
    {
        (_run, _loader, _shape) = (run, loader, shape);
        (_weightRows, _architectureRows) = halves;
        random.manual_seed(run.Seed);
        _architecture = new ArchitectureParameters(new CellTopology(shape.Nodes), run.Device, run.Seed);
        _supernet = new Supernet(shape, run.Device) { MemorySaving = run.Options.MemorySaving };
        run.InitialSupernet?.CopyTo(_supernet);
        run.InitialSupernet?.CopyTo(_architecture);
        _start = _architecture.Values();
        _architect = new Architect(_supernet, _architecture, run.Options.ArchitectureLearningRate, run.ClassWeights, run.Warning);
        _weights = new WeightStepper(
            _supernet, _architecture, run.Options.SearchLearningRate, run.Options.Momentum, run.Options.WeightDecay, run.Options.GradientClipNorm, run.ClassWeights, run.Warning);
    }

    /// <summary>What the learning rate of the options is multiplied by. Default 1.</summary>
    public double LearningRateScale { get; init; } = 1;

    /// <summary>Searches to the end of the plan.</summary>
    /// <param name="secondsAvailable">Seconds that the search may take; null for no limit. Without effect on a search that goes on.</param>
    /// <param name="interrupted">Where an earlier attempt stood; null to begin.</param>
    /// <returns>The result.</returns>
    public SearchResult Run(double? secondsAvailable, Checkpoint? interrupted = null)
    {
        TimeSpan start = _run.Elapsed - (interrupted?.State.Progress.Elapsed ?? TimeSpan.Zero);
        PhaseProgress progress;
        if (interrupted is not null)
        {
            progress = interrupted.State.Progress;
            progress.LearningRateScale = Math.Min(progress.LearningRateScale, LearningRateScale);
            Restore(interrupted.Tensors);
        }
        else
        {
            progress = Plan(secondsAvailable);
        }

        PhasePlan plan = progress.Plan;
        int warmUp = Math.Min(plan.Epochs - 1, (int)Math.Round((double)plan.Epochs * _run.Options.SearchWarmUpEpochs / _run.Options.SearchEpochs));
        _run.Info($"Search: {plan.Epochs} epochs ({warmUp} of warm-up) of {plan.StepsPerEpoch} steps of {plan.BatchSize} pictures.");
        // A last batch of few pictures would make a noisy step of the architecture; the endless stream drops it.
        var architectureSampler = new BatchSampler(_architectureRows, Math.Min(plan.BatchSize, _architectureRows.Length), _run.Seed + 1, dropLast: true);
        using IEnumerator<LabelledBatch> architectureBatches = _loader.Augmented(
            architectureSampler.Endless(progress.ArchitectureSteps), ArchitectureStream, firstPlace: progress.ArchitectureSteps).GetEnumerator();
        int pass = PhasePlan.StepsOfPass(_weightRows.Length, plan.BatchSize);
        while (progress.Epoch < plan.Epochs && progress.Stopped is null)
        {
            if (progress.Deadline is { } limit && progress is { Epoch: > 0, Step: 0 })
            {
                double left = (limit - _run.Elapsed).TotalSeconds;
                if (left <= 0)
                {
                    _run.Info($"Search ended after epoch {progress.Epoch} of {plan.Epochs}: its share of the time budget is used up.");
                    break;
                }

                double costLeft = Enumerable.Range(progress.Epoch, plan.Epochs - progress.Epoch).Sum(Cost);
                progress.EpochSteps = progress.Trained.StepsWithin(left, plan.BatchSize, costLeft, pass);
            }

            RunEpoch(progress, start, progress.Epoch >= warmUp, Cost(progress.Epoch), architectureBatches);
            progress.NextEpoch();
        }

        if (progress.ArchitectureSteps == 0)
        {
            _run.Warning("The search's share of the time budget ended before the architecture was stepped, so the genotype is random. "
                + "Raise TimeBudget or SearchTimeShare, or give a Genotype.");
        }

        _run.KeepSupernet(Learned);
        Genotype decoded = _architecture.Decode(_run.Options.MaximumSkipConnections);
        ArchitectureValues values = _architecture.Values();
        IReadOnlyList<Genotype> candidates = GenotypeSampler.Candidates(values, decoded, _run.Options.SearchCandidates, _run.Options.MaximumSkipConnections, _run.Seed);
        return new SearchResult(decoded, _run.Elapsed - start, progress.Trained.ImagesPerSecond)
        {
            Candidates = candidates,
            Drawn = candidates.Count,
            Strength = SearchStrength.Of(_start, values, progress.ArchitectureSteps, _run.Options.ArchitectureLearningRate, plan.BatchSize * progress.Trained.Seconds / progress.Trained.Cost),
        };

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

    private PhaseProgress Plan(double? secondsAvailable)
    {
        PcDartsTrainer.Options options = _run.Options;
        PhasePlan plan = PhasePlan.Full(_weightRows.Length, options.SearchEpochs, options.SearchBatchSize);
        double weightShare = 1;
        TimeSpan? deadline = secondsAvailable is { } seconds ? _run.Elapsed + TimeSpan.FromSeconds(seconds) : null;
        if (deadline is { } end)
        {
            (double secondsPerImage, weightShare) = Measure(plan.BatchSize);
            double meanCost = 1 - (1 - weightShare) * options.SearchWarmUpEpochs / options.SearchEpochs;
            plan = PhasePlan.Within(
                plan, _weightRows.Length, Math.Max(0, (end - _run.Elapsed).TotalSeconds), secondsPerImage * meanCost, 0, minimumSteps: 60);
        }

        return new PhaseProgress { Plan = plan, EpochSteps = plan.StepsPerEpoch, WeightShare = weightShare, Deadline = deadline, LearningRateScale = LearningRateScale };
    }

    private void RunEpoch(PhaseProgress progress, TimeSpan start, bool stepArchitecture, double cost, IEnumerator<LabelledBatch> architectureBatches)
    {
        // Differs from PC-DARTS: the paper's code was written for schedulers stepped before the epoch; its first epoch runs at the peak, as here.
        double learningRate = progress.LearningRateScale
            * LearningRateSchedule.Cosine(_run.Options.SearchLearningRate, (double)progress.Epoch / progress.Plan.Epochs);
        _weights.LearningRate = learningRate;
        _supernet.train();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        using var meter = new EpochMeter(_run.Device, progress.Sums);
        using var architectureMeter = new EpochMeter(_run.Device, progress.ArchitectureSums);
        var sampler = new BatchSampler(_weightRows, progress.Plan.BatchSize, _run.Seed);
        IEnumerable<long[]> batches = sampler.Epoch(progress.Epoch, progress.Step).Take(progress.EpochSteps - progress.Step);
        foreach (LabelledBatch batch in _loader.Augmented(batches, stream: progress.Epoch, firstPlace: progress.Step))
        {
            using (batch)
            using (NewDisposeScope())
            {
                _run.SaveIfDue(Snapshot);
                if (stepArchitecture)
                {
                    architectureBatches.MoveNext();
                    using LabelledBatch held = architectureBatches.Current;
                    architectureMeter.Add(_architect.Step(held.Images, held.Labels), held.Labels);
                    progress.ArchitectureSteps++;
                }

                meter.Add(_weights.Step(batch.Images, batch.Labels), batch.Labels);
            }

            progress.Step++;
            if (_run.ReportIsDue && progress.Step < progress.EpochSteps)
                _run.Report(Progress(progress, learningRate, meter));
            if (progress.Deadline is { } limit && _run.Elapsed > limit)
                break;
        }

        FinishEpoch(progress, learningRate, meter, architectureMeter);
        progress.Trained = progress.Trained.Plus(meter.Added, cost, clock.Elapsed.TotalSeconds);

        Checkpoint Snapshot()
        {
            progress.Elapsed = _run.Elapsed - start;
            (progress.Sums, progress.ArchitectureSums) = (meter.Sums, architectureMeter.Sums);
            return _run.Checkpoint(TrainingPhase.Search, progress, Tensors());
        }
    }
}
