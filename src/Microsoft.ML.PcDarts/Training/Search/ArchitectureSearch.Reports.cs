using System.Diagnostics;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Runs;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Search;

internal sealed partial class ArchitectureSearch
{
    /// <summary>Measures one whole step (architecture and weights) on a supernet that is thrown away, so that measuring changes no result.</summary>
    /// <returns>Seconds that a picture costs in a whole step, and the share of the weights in them.</returns>
    private (double SecondsPerImage, double WeightShare) Measure(int batchSize)
    {
        const int MaximumMeasuredBatch = 16;
        int batch = Math.Min(batchSize, MaximumMeasuredBatch);
        using var probe = new ArchitectureSearch(_run, _loader, (_weightRows, _architectureRows), _shape);
        long[] rows = [.. _weightRows.Take(batch).Select(row => (long)row)];
        double? allowed = _run.SecondsLeft / 50;
        double architecture = double.PositiveInfinity, weights = double.PositiveInfinity;
        var whole = Stopwatch.StartNew();
        for (int repeat = 0; repeat < RecordedStep.RunsToMeasure; repeat++)
        {
            using DisposeScope scope = NewDisposeScope();
            (Tensor images, Tensor labels) = _loader.LoadAugmented(rows, draw: 0);
            architecture = Math.Min(architecture, Seconds(() => probe._architect.Step(images, labels)));
            weights = Math.Min(weights, Seconds(() => probe._weights.Step(images, labels)));
            _run.ThrowIfCancelled();
            if (whole.Elapsed.TotalSeconds > allowed)
                break;
        }

        random.manual_seed(_run.Seed);
        return ((architecture + weights) / rows.Length, weights / (architecture + weights));

        static double Seconds(Func<Tensor> step)
        {
            var clock = Stopwatch.StartNew();
            step().sum().item<float>(); // waits for the device
            return clock.Elapsed.TotalSeconds;
        }
    }

    private TrainingProgress Progress(PhaseProgress progress, double learningRate, EpochMeter meter)
    {
        double imagesLeft = ((double)(progress.Plan.Epochs - progress.Epoch - 1) * progress.Plan.StepsPerEpoch + progress.EpochSteps - progress.Step) * progress.Plan.BatchSize;
        return _run.Progress(TrainingPhase.Search, progress, learningRate, meter, imagesLeft);
    }

    private void FinishEpoch(PhaseProgress progress, double learningRate, EpochMeter meter, EpochMeter architectureMeter)
    {
        (double loss, double accuracy)? held = architectureMeter.Count > 0 ? architectureMeter.Read() : null;
        TrainingProgress last = Progress(progress, learningRate, meter);
        last = last with { EpochEnd = true, Steps = progress.Step, ValidationLoss = held?.loss, ValidationAccuracy = held?.accuracy };
        if (!double.IsFinite(last.Loss!.Value) || !double.IsFinite(held?.loss ?? 0))
        {
            _run.FinishEpoch(last); // says that the search diverged, which has no genotype
            return;
        }

        ArchitectureValues values = _architecture.Values();
        Genotype genotype = _architecture.Decode(_run.Options.MaximumSkipConnections);
        double? eigenvalue = _run.Options.EigenvalueDiagnostic && progress.ArchitectureSteps > 0 ? Eigenvalue(progress.Plan.BatchSize) : null;
        _run.FinishEpoch(last with
        {
            Genotype = genotype,
            Architecture = values,
            Diagnostics = new SearchDiagnostics(ArchitectureEntropy.OfAlpha(values), ArchitectureEntropy.OfBeta(values, _architecture.Topology), eigenvalue),
            Elapsed = _run.Elapsed,
        });
        progress.UnchangedEpochs = progress.ArchitectureSteps > 0 && genotype == progress.LastGenotype ? progress.UnchangedEpochs + 1 : 0;
        progress.LastGenotype = progress.ArchitectureSteps > 0 ? genotype : null;
        if (progress.UnchangedEpochs >= _run.Options.SearchPatience)
        {
            _run.Info($"Search stopped after epoch {progress.Epoch + 1} of {progress.Plan.Epochs}: the genotype has not changed for {progress.UnchangedEpochs} epochs.");
            progress.Stopped = StopReason.EarlyStopping;
        }
    }

    /// <summary>On the first pictures of the architecture half, not augmented, so that it is the same loss in every epoch.</summary>
    private double Eigenvalue(int batchSize)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor images, Tensor labels) = _loader.Load([.. _architectureRows.Take(batchSize).Select(row => (long)row)]);
        return HessianEigenvalue.Measure(_supernet, _architecture, images, labels);
    }
}
