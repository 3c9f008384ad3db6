using System.Globalization;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>
/// Trains the candidates of a search for a while each, from the same random numbers and on the same pictures, and keeps the one with the lowest loss: what α and β prefer in a short search need not be what
/// learns well on its own.
/// </summary>
/// <remarks>
/// Differs from PC-DARTS, whose code decodes one genotype. Source: Liu et al. 2019 (DARTS), section 3.1, who choose among four searches by training each result for a while; of the measure: Ru et al. 2021,
/// "Speedy Performance Estimation for Neural Architecture Search": the mean training loss of the last epochs that were trained. Under a time budget all candidates get the same time, so that cheap ones see more pictures.
/// </remarks>
/// <param name="run">The run.</param>
/// <param name="loader">Makes batches from row indices.</param>
/// <param name="rows">Rows to train on.</param>
/// <param name="shape">Shape of the networks.</param>
internal sealed class CandidateTrials(RunContext run, BatchLoader loader, int[] rows, NetworkShape shape)
{
    private const int Stream = -2; // -1 is the architecture's
    private const int FewestSteps = 20;
    private const double WarmUp = 0.1;

    /// <summary>Tries the candidates that were not tried yet.</summary>
    /// <param name="candidates">The decoded architecture, then others.</param>
    /// <param name="interrupted">Where an earlier attempt stood; null to begin.</param>
    /// <returns>The best of those that were tried; the first where there is no time to compare.</returns>
    public Genotype Run(IReadOnlyList<Genotype> candidates, Checkpoint? interrupted)
    {
        PhaseProgress progress = interrupted?.State.Progress ?? Plan(candidates.Count);
        while (progress.Plan.Epochs > 1 && progress.Epoch < progress.Plan.Epochs && !(run.Elapsed >= progress.Deadline))
        {
            Try(candidates[progress.Epoch], progress, interrupted?.Tensors);
            progress.NextEpoch();
            (progress.Elapsed, progress.SecondHalfSums) = (TimeSpan.Zero, new MeterSums(0, 0, 0));
            run.Save(() => run.Checkpoint(TrainingPhase.Selection, progress, new Dictionary<string, TensorData>()));
        }

        return run.Epochs.Where(epoch => epoch.Phase == TrainingPhase.Selection).MinBy(epoch => epoch.Loss)?.Genotype ?? candidates[0];
    }

    private PhaseProgress Plan(int candidates)
    {
        PcDartsTrainer.Options options = run.Options;
        PhasePlan training = PhasePlan.Full(rows.Length, options.Epochs, options.BatchSize);
        double steps = options.CandidateTimeShare * training.Epochs * training.StepsPerEpoch;
        int count = (int)Math.Clamp(steps / FewestSteps, 1, candidates);
        return new PhaseProgress
        {
            Plan = training with { Epochs = count, StepsPerEpoch = (int)Math.Min(int.MaxValue, Math.Max(FewestSteps, steps / count)) },
            Deadline = run.SecondsLeft is { } left ? run.Elapsed + TimeSpan.FromSeconds(left * options.CandidateTimeShare) : null,
        };
    }

    /// <summary>Trains one candidate and records its loss, unless it diverges or the time for all is over first.</summary>
    private void Try(Genotype genotype, PhaseProgress progress, IReadOnlyDictionary<string, TensorData>? tensors)
    {
        PcDartsTrainer.Options options = run.Options;
        TimeSpan start = run.Elapsed - progress.Elapsed;
        TimeSpan? slice = (progress.Deadline - start) / (progress.Plan.Epochs - progress.Epoch);
        random.manual_seed(run.Seed);
        using var network = new DiscoveredNetwork(genotype, shape with { AuxiliaryHead = false }, run.Device) { MemorySaving = options.MemorySaving };
        network.train();
        using var stepper = new NetworkStepper(network, options, run.Device, run.ClassWeights, run.Warning);
        if (progress.Step > 0)
            stepper.Import(tensors!);
        (int Height, int Width) full = (shape.ImageHeight, shape.ImageWidth);
        (int Height, int Width) size = options.ProgressiveResizing ? ResizingSchedule.Sizes(full)[0] : full;
        using var first = new EpochMeter(run.Device, progress.Sums);
        using var second = new EpochMeter(run.Device, progress.SecondHalfSums);
        var sampler = new BatchSampler(rows, progress.Plan.BatchSize, run.Seed, dropLast: true);
        try
        {
            foreach (LabelledBatch batch in loader.Augmented(sampler.Endless(progress.Step), Stream, options.CutoutLength, firstPlace: progress.Step))
            {
                using (batch)
                using (NewDisposeScope())
                {
                    run.SaveIfDue(Snapshot);
                    double done = Done();
                    double learningRate = options.LearningRate * Math.Min(1, 0.1 + 0.9 * done / WarmUp);
                    (done < 0.5 ? first : second).Add(stepper.Step(ResizingSchedule.Apply(batch.Images, size), batch.Labels, learningRate, dropPath: 0), batch.Labels);
                }

                progress.Step++;
                if (Done() >= 1 && second.Count > 0)
                    break;
                if (run.Elapsed >= progress.Deadline && progress.Step < FewestSteps)
                    return;
                if (run.ReportIsDue)
                    run.Report(Report());
            }

            run.FinishEpoch(Report() with { EpochEnd = true, Genotype = genotype });
        }
        catch (LossDivergedException diverged)
        {
            run.Warning(string.Create(CultureInfo.InvariantCulture, $"Candidate {progress.Epoch + 1} of {progress.Plan.Epochs} is left out: {diverged.Message}"));
        }

        // The slice of the time ends a trial before its steps do, but not before the fewest that tell anything.
        double Done() => Math.Max((double)progress.Step / progress.Plan.StepsPerEpoch, slice is { } time ? Math.Min((run.Elapsed - start) / time, (double)progress.Step / FewestSteps) : 0);

        TrainingProgress Report()
        {
            double done = Math.Min(1, Done());
            progress.EpochSteps = Math.Max(progress.Step, (int)(progress.Step / done));
            return run.Progress(TrainingPhase.Selection, progress, options.LearningRate, second.Count > 0 ? second : first, imagesLeft: 0) with
            {
                ImagesPerSecond = first.ImagesPerSecond + second.ImagesPerSecond, // both clocks run from the start of the trial
                Remaining = (run.Elapsed - start) * ((progress.Plan.Epochs - progress.Epoch) / done - 1),
            };
        }

        Checkpoint Snapshot()
        {
            (progress.Elapsed, progress.Sums, progress.SecondHalfSums) = (run.Elapsed - start, first.Sums, second.Sums);
            Dictionary<string, TensorData> state = new(StringComparer.Ordinal);
            stepper.Export(state);
            return run.Checkpoint(TrainingPhase.Selection, progress, state);
        }
    }
}
