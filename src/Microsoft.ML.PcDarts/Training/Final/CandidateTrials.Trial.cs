using System.Globalization;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.PcDarts.Optimizers;
using Microsoft.ML.PcDarts.Runs;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Final;

internal sealed partial class CandidateTrials
{
    /// <summary>The training of one candidate; its mean loss over the second half is what counts.</summary>
    private sealed class Trial : ISteppedPhase, IDisposable
    {
        private const int Stream = -2; // -1 is the architecture's
        private const double WarmUp = 0.1;
        private readonly CandidateTrials _trials;
        private readonly Genotype _genotype;
        private readonly SelectionProgress _progress;
        private readonly TimeSpan _start;
        private readonly double _share;
        private readonly int _steps;
        private readonly TimeSpan? _slice;
        private readonly (int Height, int Width) _size;
        private readonly DiscoveredNetwork _network;
        private readonly NetworkStepper _stepper;
        private readonly EpochMeter _firstHalf;
        private readonly EpochMeter _secondHalf;
        private double _done;

        /// <param name="trials">The trials.</param>
        /// <param name="genotype">The candidate.</param>
        /// <param name="progress">Where the trials stand; steps are counted there.</param>
        /// <param name="rounds">The rounds.</param>
        public Trial(CandidateTrials trials, Genotype genotype, SelectionProgress progress, Rounds rounds)
        {
            (_trials, _genotype, _progress) = (trials, genotype, progress);
            _start = Clock.Elapsed - progress.Elapsed;
            (_share, _steps) = (rounds.ShareOfRest(progress.Epoch), rounds.Steps(progress.Epoch));
            _slice = (progress.Deadline - _start) * _share;
            RunSetup setup = trials._setup;
            random.manual_seed(setup.Seed);
            _network = new DiscoveredNetwork(genotype, trials._shape with { AuxiliaryHead = false }, setup.Device)
            {
                MemorySaving = setup.MemorySaving,
            };
            _network.train();
            _stepper = new NetworkStepper(_network, Settings, setup.Device, setup.ClassWeights, Journal.Log.Warning);
            (int Height, int Width) full = (trials._shape.ImageHeight, trials._shape.ImageWidth);
            _size = Settings.ProgressiveResizing ? ResizingSchedule.Sizes(full)[0] : full;
            _firstHalf = new EpochMeter(setup.Device, Clock, progress.Sums);
            _secondHalf = new EpochMeter(setup.Device, Clock, progress.SecondHalfSums);
        }

        public bool IsOver
        {
            get
            {
                _done = Done();
                return IsComplete || IsAbandoned;
            }
        }

        private bool IsComplete => _done >= 1 && _secondHalf.Count > 0;

        /// <summary>Whether the time for all trials is over before this one tells anything.</summary>
        private bool IsAbandoned => _progress.Step < PlanLimits.FewestTrialSteps && Clock.Elapsed >= _progress.Deadline;

        private FinalSettings Settings => _trials._settings;

        private RunJournal Journal => _trials._journal;

        private RunClock Clock => Journal.Clock;

        /// <summary>Trains the candidate and records its loss, unless it diverges or is abandoned.</summary>
        /// <param name="tensors">Tensors of the checkpoint to resume from; null to begin.</param>
        public void Run(IReadOnlyDictionary<string, TensorData>? tensors)
        {
            if (_progress.Step > 0)
                _stepper.Import(tensors!);
            FinalData data = _trials._data;
            var sampler = new BatchSampler(data.Rows, _progress.Plan.BatchSize, _trials._setup.Seed, dropLast: true);
            try
            {
                IEnumerable<LabeledBatch> batches = data.Loader.Augmented(
                    sampler.Endless(_progress.Step), Stream, Settings.CutoutLength, firstPlace: _progress.Step);
                StepLoop.Run(this, batches, Journal);
                if (IsComplete)
                    Journal.FinishEpoch(Report() with { EpochEnd = true, Genotype = _genotype });
            }
            catch (LossDivergedException diverged)
            {
                Journal.Log.Warning(string.Create(CultureInfo.InvariantCulture,
                    $"Candidate {_progress.Epoch + 1} of {_progress.Plan.Epochs} is left out: {diverged.Message}"));
            }
        }

        public void Step(LabeledBatch batch)
        {
            double done = Done();
            double learningRate = Settings.Optimizer.LearningRate * Math.Min(1, 0.1 + 0.9 * done / WarmUp);
            Tensor images = ResizingSchedule.Apply(batch.Images, _size);
            (done < 0.5 ? _firstHalf : _secondHalf).Add(_stepper.Step(images, batch.Labels, learningRate, dropPath: 0), batch.Labels);
            _progress.Step++;
        }

        public TrainingProgress Report()
        {
            double done = Math.Min(1, Done());
            _progress.EpochSteps = Math.Max(_progress.Step, (int)(_progress.Step / done));
            EpochMeter meter = _secondHalf.Count > 0 ? _secondHalf : _firstHalf;
            return Journal.Progress(_progress, Settings.Optimizer.LearningRate, meter, imagesLeft: 0) with
            {
                ImagesPerSecond = _firstHalf.ImagesPerSecond + _secondHalf.ImagesPerSecond, // both clocks run from the start of the trial
                Remaining = (Clock.Elapsed - _start) * (1 / (_share * done) - 1),
            };
        }

        public Checkpoint Snapshot()
        {
            (_progress.Elapsed, _progress.Sums, _progress.SecondHalfSums) = (Clock.Elapsed - _start, _firstHalf.Sums, _secondHalf.Sums);
            Dictionary<string, TensorData> state = new(StringComparer.Ordinal);
            _stepper.Export(state);
            return Journal.Checkpoint(_progress, state, _trials._found);
        }

        public void Dispose()
        {
            _firstHalf.Dispose();
            _secondHalf.Dispose();
            _stepper.Dispose();
            _network.Dispose();
        }

        /// <summary>
        /// Share of the trial that is done. Its slice of the time ends a trial before its steps do, but not before the fewest that tell
        /// anything.
        /// </summary>
        private double Done()
        {
            double bySteps = (double)_progress.Step / _steps;
            return _slice is { } slice
                ? Math.Max(bySteps, Math.Min((Clock.Elapsed - _start) / slice, (double)_progress.Step / PlanLimits.FewestTrialSteps))
                : Math.Max(bySteps, 0);
        }
    }
}
