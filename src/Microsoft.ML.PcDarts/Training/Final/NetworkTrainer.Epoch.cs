using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Optimizers;
using Microsoft.ML.PcDarts.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Final;

internal sealed partial class NetworkTrainer
{
    private const int EvaluationBatch = 256;

    /// <summary>One epoch: a pass over the training pictures or the part of it that a time budget allows, then a validation.</summary>
    private sealed class Epoch : ISteppedPhase, IDisposable
    {
        private readonly NetworkTrainer _trainer;
        private readonly FinalProgress _progress;
        private readonly TimeSpan _start;
        private readonly TimeSpan? _lastStep;
        private readonly int _epochs;
        private readonly EpochMeter _meter;
        private double _learningRate;

        /// <param name="trainer">The training.</param>
        /// <param name="progress">Where it stands; steps are counted there.</param>
        /// <param name="start">Start of the training on the run's clock.</param>
        public Epoch(NetworkTrainer trainer, FinalProgress progress, TimeSpan start)
        {
            (_trainer, _progress, _start, _epochs) = (trainer, progress, start, progress.Plan.Epochs);
            _lastStep = progress.Deadline - TimeSpan.FromSeconds(progress.ValidationSeconds);
            _meter = new EpochMeter(trainer._setup.Device, Clock, progress.Sums);
        }

        public bool IsOver => _progress.Step >= _progress.EpochSteps || Clock.Elapsed > _lastStep;

        private FinalSettings Settings => _trainer._settings;

        private RunJournal Journal => _trainer._journal;

        private RunClock Clock => Journal.Clock;

        public void Run()
        {
            FinalData data = _trainer._data;
            _trainer._network.train(!Settings.FreezeBackbone);
            TimeSpan began = Clock.Elapsed;
            var sampler = new BatchSampler(data.Rows, _progress.Plan.BatchSize, _trainer._setup.Seed);
            IEnumerable<long[]> batches = sampler.Epoch(_progress.Epoch, _progress.Step).Take(_progress.EpochSteps - _progress.Step);
            StepLoop.Run(this, data.Loader.Augmented(batches, _progress.Epoch, Settings.CutoutLength, firstPlace: _progress.Step), Journal);

            double seconds = (Clock.Elapsed - began).TotalSeconds;
            _learningRate = LearningRate((double)_progress.Epoch / _epochs);
            TrainingProgress last = Report() with { EpochEnd = true, Steps = _progress.Step };
            (double Loss, double Accuracy)? held = data.Validation is { } validation ? Evaluate(validation.Loader, validation.Rows) : null;
            Journal.FinishEpoch(last with { ValidationLoss = held?.Loss, ValidationAccuracy = held?.Accuracy, Elapsed = Clock.Elapsed });
            _progress.Trained = _progress.Trained.Plus(_meter.Added, _trainer.Cost(_progress.Epoch, _epochs), seconds);
            _progress.ValidationSeconds = (Clock.Elapsed - began).TotalSeconds - seconds;
            if (held is { } measured)
                _trainer.Compare(_progress, measured);
        }

        public void Step(LabeledBatch batch)
        {
            double done = (_progress.Epoch + (double)_progress.Step / _progress.EpochSteps) / _epochs;
            _learningRate = LearningRate(done);
            Tensor images = Settings.ProgressiveResizing
                ? ResizingSchedule.Apply(batch.Images, ResizingSchedule.Size(_trainer.FullSize, _progress.Epoch, _epochs))
                : batch.Images;
            _meter.Add(_trainer._stepper.Step(images, batch.Labels, _learningRate, Settings.DropPathProbability * done), batch.Labels);
            _progress.Step++;
        }

        public TrainingProgress Report()
        {
            // Later pictures are larger; they count as so many more of this epoch's.
            int epoch = _progress.Epoch;
            double laterCost = Enumerable.Range(epoch + 1, _epochs - epoch - 1).Sum(later => _trainer.Cost(later, _epochs))
                / _trainer.Cost(epoch, _epochs);
            double imagesLeft = (_progress.EpochSteps - _progress.Step + laterCost * _progress.EpochSteps) * _progress.Plan.BatchSize;
            return Journal.Progress(_progress, _learningRate, _meter, imagesLeft);
        }

        public Checkpoint Snapshot()
        {
            _progress.Sums = _meter.Sums;
            return _trainer.Snapshot(_progress, _start);
        }

        public void Dispose() => _meter.Dispose();

        private double LearningRate(double done)
        {
            OptimizerSettings optimizer = Settings.Optimizer;
            return _progress.LearningRateScale * LearningRateSchedule.WarmUpCosine(
                optimizer.LearningRate, optimizer.LearningRateWarmUp, done);
        }

        private (double Loss, double Accuracy) Evaluate(BatchLoader loader, int[] rows)
        {
            _trainer._network.eval();
            using IDisposable noGrad = no_grad();
            using var meter = new EpochMeter(_trainer._setup.Device, Clock);
            foreach (int[] batch in rows.Chunk(EvaluationBatch))
            {
                Journal.ThrowIfCancelled(Snapshot);
                using DisposeScope scope = NewDisposeScope();
                (Tensor images, Tensor labels) = loader.Load(Array.ConvertAll(batch, row => (long)row));
                meter.Add(_trainer._network.Forward(images).Logits, labels);
            }

            return meter.Read();
        }
    }
}
