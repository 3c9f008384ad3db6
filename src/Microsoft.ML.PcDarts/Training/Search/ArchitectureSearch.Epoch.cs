using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Optimizers;
using Microsoft.ML.PcDarts.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Search;

internal sealed partial class ArchitectureSearch
{
    /// <summary>One epoch: a pass over the weight half or the part of it that a time budget allows.</summary>
    private sealed class Epoch : ISteppedPhase, IDisposable
    {
        private readonly ArchitectureSearch _search;
        private readonly SearchProgress _progress;
        private readonly TimeSpan _start;
        private readonly IEnumerator<LabeledBatch>? _architectureBatches;
        private readonly EpochMeter _meter;
        private readonly EpochMeter _architectureMeter;

        /// <param name="search">The search.</param>
        /// <param name="progress">Where it stands; steps are counted there.</param>
        /// <param name="start">Start of the search on the run's clock.</param>
        /// <param name="architectureBatches">Batches of the architecture half; null in the warm-up.</param>
        public Epoch(ArchitectureSearch search, SearchProgress progress, TimeSpan start, IEnumerator<LabeledBatch>? architectureBatches)
        {
            (_search, _progress, _start, _architectureBatches) = (search, progress, start, architectureBatches);
            _meter = new EpochMeter(search._setup.Device, search._journal.Clock, progress.Sums);
            _architectureMeter = new EpochMeter(search._setup.Device, search._journal.Clock, progress.ArchitectureSums);
        }

        public bool IsOver => _progress.Step >= _progress.EpochSteps || Clock.Elapsed > _progress.Deadline;

        private RunClock Clock => _search._journal.Clock;

        /// <param name="cost">Cost of the epoch's steps, relative to one of weights and architecture.</param>
        public void Run(double cost)
        {
            // Differs from PC-DARTS: the paper's code was written for schedulers stepped before the epoch; its first epoch runs at the
            // peak, as here.
            _search._weights.LearningRate = _progress.LearningRateScale
                * LearningRateSchedule.Cosine(_search._settings.LearningRate, (double)_progress.Epoch / _progress.Plan.Epochs);
            _search._supernet.train();
            TimeSpan began = Clock.Elapsed;
            var sampler = new BatchSampler(_search._weightRows, _progress.Plan.BatchSize, _search._setup.Seed);
            IEnumerable<long[]> batches = sampler.Epoch(_progress.Epoch, _progress.Step).Take(_progress.EpochSteps - _progress.Step);
            StepLoop.Run(this, _search._loader.Augmented(batches, stream: _progress.Epoch, firstPlace: _progress.Step), _search._journal);
            Finish();
            _progress.Trained = _progress.Trained.Plus(_meter.Added, cost, (Clock.Elapsed - began).TotalSeconds);
        }

        public void Step(LabeledBatch batch)
        {
            if (_architectureBatches is not null)
            {
                _architectureBatches.MoveNext();
                using LabeledBatch held = _architectureBatches.Current;
                _architectureMeter.Add(_search._architect.Step(held.Images, held.Labels), held.Labels);
                _progress.ArchitectureSteps++;
            }

            _meter.Add(_search._weights.Step(batch.Images, batch.Labels), batch.Labels);
            _progress.Step++;
        }

        public TrainingProgress Report()
        {
            PhasePlan plan = _progress.Plan;
            double stepsLeft = (double)(plan.Epochs - _progress.Epoch - 1) * plan.StepsPerEpoch + _progress.EpochSteps - _progress.Step;
            return _search._journal.Progress(_progress, _search._weights.LearningRate, _meter, stepsLeft * plan.BatchSize);
        }

        public Checkpoint Snapshot()
        {
            _progress.Elapsed = Clock.Elapsed - _start;
            (_progress.Sums, _progress.ArchitectureSums) = (_meter.Sums, _architectureMeter.Sums);
            return _search._journal.Checkpoint(_progress, _search.Tensors());
        }

        public void Dispose()
        {
            _meter.Dispose();
            _architectureMeter.Dispose();
        }

        private void Finish()
        {
            (double Loss, double Accuracy)? held = _architectureMeter.Count > 0 ? _architectureMeter.Read() : null;
            TrainingProgress last = Report();
            last = last with { EpochEnd = true, Steps = _progress.Step, ValidationLoss = held?.Loss, ValidationAccuracy = held?.Accuracy };
            if (!double.IsFinite(last.Loss!.Value) || !double.IsFinite(held?.Loss ?? 0))
            {
                _search._journal.FinishEpoch(last); // throws: a search that diverged has no genotype
                return;
            }

            ArchitectureParameters architecture = _search._architecture;
            SearchSettings settings = _search._settings;
            ArchitectureValues values = architecture.Values();
            Genotype genotype = architecture.Decode(settings.MaximumSkipConnections);
            bool stepped = _progress.ArchitectureSteps > 0;
            double? eigenvalue = settings.EigenvalueDiagnostic && stepped ? Eigenvalue() : null;
            double alpha = ArchitectureEntropy.OfAlpha(values), beta = ArchitectureEntropy.OfBeta(values, architecture.Topology);
            _search._journal.FinishEpoch(last with
            {
                Genotype = genotype,
                Architecture = values,
                Diagnostics = new SearchDiagnostics(alpha, beta, eigenvalue),
                Elapsed = Clock.Elapsed,
            });
            _progress.UnchangedEpochs = stepped && genotype == _progress.LastGenotype ? _progress.UnchangedEpochs + 1 : 0;
            _progress.LastGenotype = stepped ? genotype : null;
            if (_progress.UnchangedEpochs < settings.Patience || settings.Patience is null)
                return;
            _search._journal.Log.Info($"Search stopped after epoch {_progress.Epoch + 1} of {_progress.Plan.Epochs}: "
                + $"the genotype has not changed for {_progress.UnchangedEpochs} epochs.");
            _progress.Stopped = StopReason.EarlyStopping;
        }

        /// <summary>On the first pictures of the architecture half, not augmented, so that it is the same loss in every epoch.</summary>
        private double Eigenvalue()
        {
            using DisposeScope scope = NewDisposeScope();
            long[] rows = [.. _search._architectureRows.Take(_progress.Plan.BatchSize).Select(row => (long)row)];
            (Tensor images, Tensor labels) = _search._loader.Load(rows);
            return HessianEigenvalue.Measure(_search._supernet, _search._architecture, images, labels);
        }
    }
}
