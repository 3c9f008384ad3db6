using System.Globalization;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.PcDarts.Optimizers;
using Microsoft.ML.PcDarts.Runs;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Final;

/// <summary>
/// Trains the candidates of a search for a while each, from the same random numbers and on the same pictures, then the best third three times as long, and keeps the one with the lowest loss: what α and β prefer in a
/// short search need not be what learns well on its own.
/// </summary>
/// <remarks>
/// Differs from PC-DARTS, whose code decodes one genotype. Source: Liu et al. 2019 (DARTS), section 3.1, who choose among four searches by training each result for a while; of the measure: Ru et al. 2021,
/// "Speedy Performance Estimation for Neural Architecture Search": the mean training loss of the last epochs that were trained; of the rounds: Jamieson and Talwalkar 2016 (successive halving, here with thirds).
/// Under a time budget all candidates of a round get the same time, so that cheap ones see more pictures.
/// </remarks>
/// <param name="run">The run.</param>
/// <param name="loader">Makes batches from row indices.</param>
/// <param name="rows">Rows to train on.</param>
/// <param name="shape">Shape of the networks.</param>
internal sealed class CandidateTrials(RunContext run, BatchLoader loader, int[] rows, NetworkShape shape)
{
    private const int Stream = -2; // -1 is the architecture's
    private const int Third = 3; // one candidate in so many is tried again, so many times as long
    private const double WarmUp = 0.1;

    /// <summary>Steps below which a trial tells nothing.</summary>
    public const int FewestSteps = 20;

    /// <summary>Tries the candidates that were not tried yet.</summary>
    /// <param name="candidates">The decoded architecture, then others.</param>
    /// <param name="interrupted">Where an earlier attempt stood; null to begin.</param>
    /// <returns>The best of those that were tried; the first where there is no time to compare.</returns>
    public Genotype Run(IReadOnlyList<Genotype> candidates, Checkpoint? interrupted)
    {
        Rounds rounds = Plan(candidates.Count);
        PhaseProgress progress = interrupted?.State.Progress ?? Begin(rounds);
        while (progress.Plan.Epochs > 1 && progress.Epoch < progress.Plan.Epochs && !(run.Elapsed >= progress.Deadline))
        {
            Genotype? candidate = progress.Epoch < rounds.First ? candidates[progress.Epoch] : BestFirst().ElementAtOrDefault(progress.Epoch - rounds.First)?.Genotype;
            if (candidate is null)
                break; // some diverged
            Try(candidate, progress, rounds, interrupted?.Tensors);
            progress.NextEpoch();
            (progress.Elapsed, progress.SecondHalfSums) = (TimeSpan.Zero, new MeterSums(0, 0, 0));
            run.Save(() => run.Checkpoint(TrainingPhase.Selection, progress, new Dictionary<string, TensorData>()));
        }

        return BestFirst(all: true).FirstOrDefault()?.Genotype ?? candidates[0];

        // A second trial has a lower loss than the first of the same candidate, since it learns longer.
        IEnumerable<EpochMetrics> BestFirst(bool all = false)
            => run.Epochs.Where(epoch => epoch.Phase == TrainingPhase.Selection && (all || epoch.Epoch <= rounds.First)).OrderBy(epoch => epoch.Loss);
    }

    private Rounds Plan(int candidates)
    {
        double steps = run.Options.CandidateTimeShare * Training.Epochs * Training.StepsPerEpoch;
        var once = new Rounds((int)Math.Clamp(steps / FewestSteps, 1, candidates), 0, steps);
        Rounds twice = once with { Second = once.First / Third };
        return twice.Second > 1 && twice.Steps(0) >= FewestSteps ? twice : once;
    }

    private PhaseProgress Begin(Rounds rounds) => new()
    {
        Plan = Training with { Epochs = rounds.First + rounds.Second, StepsPerEpoch = rounds.Steps(0) },
        Deadline = run.SecondsLeft is { } left ? run.Elapsed + TimeSpan.FromSeconds(left * run.Options.CandidateTimeShare) : null,
    };

    private PhasePlan Training => PhasePlan.Full(rows.Length, run.Options.Epochs, run.Options.BatchSize);

    /// <summary>Trains one candidate and records its loss, unless it diverges or the time for all is over first.</summary>
    private void Try(Genotype genotype, PhaseProgress progress, Rounds rounds, IReadOnlyDictionary<string, TensorData>? tensors)
    {
        PcDartsTrainer.Options options = run.Options;
        TimeSpan start = run.Elapsed - progress.Elapsed;
        double share = rounds.ShareOfRest(progress.Epoch);
        int steps = rounds.Steps(progress.Epoch);
        TimeSpan? slice = (progress.Deadline - start) * share;
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
        double Done() => Math.Max((double)progress.Step / steps, slice is { } time ? Math.Min((run.Elapsed - start) / time, (double)progress.Step / FewestSteps) : 0);

        TrainingProgress Report()
        {
            double done = Math.Min(1, Done());
            progress.EpochSteps = Math.Max(progress.Step, (int)(progress.Step / done));
            return run.Progress(TrainingPhase.Selection, progress, options.LearningRate, second.Count > 0 ? second : first, imagesLeft: 0) with
            {
                ImagesPerSecond = first.ImagesPerSecond + second.ImagesPerSecond, // both clocks run from the start of the trial
                Remaining = (run.Elapsed - start) * (1 / (share * done) - 1),
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

    /// <summary>How many candidates are tried, how many of them again, and the steps of all trials together.</summary>
    private sealed record Rounds(int First, int Second, double AllSteps)
    {
        public int Steps(int trial) => (int)Math.Min(int.MaxValue, AllSteps * Weight(trial) / Weights(0));

        /// <summary>What a trial takes of all that it and those after it take.</summary>
        /// <param name="trial">The trial, from 0.</param>
        public double ShareOfRest(int trial) => (double)Weight(trial) / Weights(trial);

        private int Weight(int trial) => trial < First ? 1 : Third;

        private int Weights(int from) => Enumerable.Range(from, First + Second - from).Sum(Weight);
    }
}
