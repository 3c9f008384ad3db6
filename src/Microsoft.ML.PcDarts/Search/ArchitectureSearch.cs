using System.Diagnostics;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

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
        _architect = new Architect(_supernet, _architecture, run.Options.ArchitectureLearningRate);
        _weights = new WeightStepper(
            _supernet, _architecture, run.Options.SearchLearningRate, run.Options.Momentum, run.Options.WeightDecay, run.Options.GradientClipNorm);
    }

    /// <summary>Searches to the end of the plan.</summary>
    /// <param name="secondsAvailable">Seconds that the search may take; null for no limit.</param>
    /// <returns>The result.</returns>
    public SearchResult Run(double? secondsAvailable)
    {
        TimeSpan start = _run.Elapsed;
        PcDartsTrainer.Options options = _run.Options;
        PhasePlan plan = PhasePlan.Full(_weightRows.Length, options.SearchEpochs, options.SearchBatchSize);
        TimeSpan? deadline = secondsAvailable is { } seconds ? start + TimeSpan.FromSeconds(seconds) : null;
        double weightShare = 1;
        if (deadline is { } end)
        {
            (double secondsPerImage, weightShare) = Measure(plan.BatchSize);
            double meanCost = 1 - (1 - weightShare) * options.SearchWarmUpEpochs / options.SearchEpochs;
            plan = PhasePlan.Within(
                plan, _weightRows.Length, Math.Max(0, (end - _run.Elapsed).TotalSeconds), secondsPerImage * meanCost, 0, minimumSteps: 60);
        }

        int warmUp = Math.Min(plan.Epochs - 1, (int)Math.Round((double)plan.Epochs * options.SearchWarmUpEpochs / options.SearchEpochs));
        _run.Info($"Search: {plan.Epochs} epochs ({warmUp} of warm-up) of {plan.StepsPerEpoch} steps of {plan.BatchSize} pictures.");
        // A last batch of few pictures would make a noisy step of the architecture; the endless stream drops it.
        var architectureSampler = new BatchSampler(_architectureRows, Math.Min(plan.BatchSize, _architectureRows.Length), _run.Seed + 1, dropLast: true);
        using IEnumerator<LabelledBatch> architectureBatches = _loader.Augmented(architectureSampler.Endless(), ArchitectureStream).GetEnumerator();
        double trainedImages = 0, trainedCost = 0, trainedSeconds = 0;
        bool stepped = false;
        int steps = plan.StepsPerEpoch, pass = PhasePlan.StepsOfPass(_weightRows.Length, plan.BatchSize);
        for (int epoch = 0; epoch < plan.Epochs; epoch++)
        {
            if (deadline is { } limit && epoch > 0)
            {
                double left = (limit - _run.Elapsed).TotalSeconds;
                if (left <= 0)
                {
                    _run.Info($"Search ended after epoch {epoch} of {plan.Epochs}: its share of the time budget is used up.");
                    break;
                }

                double costLeft = Enumerable.Range(epoch, plan.Epochs - epoch).Sum(Cost);
                steps = (int)Math.Clamp(left * trainedCost / trainedSeconds / plan.BatchSize / costLeft, 1, pass);
            }

            var clock = Stopwatch.StartNew();
            int images = RunEpoch(epoch, plan with { StepsPerEpoch = steps }, epoch >= warmUp, architectureBatches, deadline);
            stepped |= epoch >= warmUp;
            trainedImages += images;
            trainedCost += images * Cost(epoch);
            trainedSeconds += clock.Elapsed.TotalSeconds;
        }

        if (!stepped)
        {
            _run.Warning("The search's share of the time budget ended before the architecture was stepped, so the genotype is random. "
                + "Raise TimeBudget or SearchTimeShare, or give a Genotype.");
        }

        return new SearchResult(_architecture.Decode(), _run.Elapsed - start, trainedImages / trainedSeconds);

        // Warm-up epochs step the weights alone.
        double Cost(int epoch) => epoch < warmUp ? weightShare : 1;
    }

    public void Dispose()
    {
        _weights.Dispose();
        _architect.Dispose();
        _supernet.Dispose();
        _architecture.Dispose();
    }

    private int RunEpoch(int epoch, PhasePlan plan, bool stepArchitecture, IEnumerator<LabelledBatch> architectureBatches, TimeSpan? deadline)
    {
        // Differs from PC-DARTS: the paper's code was written for schedulers stepped before the epoch; its first epoch runs at the peak, as here.
        double learningRate = LearningRateSchedule.Cosine(_run.Options.SearchLearningRate, (double)epoch / plan.Epochs);
        _weights.LearningRate = learningRate;
        _supernet.train();
        using var meter = new EpochMeter(_run.Device);
        using var architectureMeter = new EpochMeter(_run.Device);
        var sampler = new BatchSampler(_weightRows, plan.BatchSize, _run.Seed);
        int step = 0;
        foreach (LabelledBatch batch in _loader.Augmented(sampler.Epoch(epoch).Take(plan.StepsPerEpoch), stream: epoch))
        {
            using (batch)
            using (NewDisposeScope())
            {
                _run.ThrowIfCancelled();
                if (stepArchitecture)
                {
                    architectureBatches.MoveNext();
                    using LabelledBatch held = architectureBatches.Current;
                    architectureMeter.Add(_architect.Step(held.Images, held.Labels), held.Labels);
                }

                meter.Add(_weights.Step(batch.Images, batch.Labels), batch.Labels);
            }

            step++;
            if (_run.ReportIsDue && step < plan.StepsPerEpoch)
                _run.Report(Progress(epoch, step, plan, learningRate, meter));
            if (deadline is { } limit && _run.Elapsed > limit)
                break;
        }

        FinishEpoch(epoch, step, plan, learningRate, meter, architectureMeter);
        return meter.Count;
    }
}
