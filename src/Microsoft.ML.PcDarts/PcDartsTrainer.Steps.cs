using TorchSharp;

namespace Microsoft.ML.PcDarts;

public sealed partial class PcDartsTrainer
{
    private static void CheckFolder(string name, string? path)
    {
        if (path is null)
            return;
        try
        {
            Directory.CreateDirectory(path);
            string probe = Path.Combine(path, Path.GetRandomFileName());
            using FileStream file = new(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new IOException($"{name} '{path}' cannot be written to: {error.Message} Name a folder that this process may create files in.", error);
        }
    }

    /// <summary>What decides the result of this run.</summary>
    private RunDescription Describe(RunContext run, torch.ScalarType trainingType, ImageDataset data, ImageDataset? validationData, NetworkWeights? initial) => new()
    {
        Started = TimeProvider.System.GetUtcNow(),
        Seed = run.Seed,
        Device = run.Device.ToString(),
        Precision = trainingType == torch.ScalarType.Float32 ? nameof(TrainingPrecision.Float32) : nameof(TrainingPrecision.BFloat16),
        Threads = torch.get_num_threads(),
        Data = DataDescription.Of(data),
        ValidationData = validationData is null ? null : DataDescription.Of(validationData),
        Options = RunDescription.TextOf(_options, initial, run.InitialSupernet),
        Versions = ModelMetadata.LibraryVersions(),
    };

    private (int Width, int Height) ChooseSize(IDataView input)
    {
        (int width, int height) = _options is { ImageWidth: { } givenWidth, ImageHeight: { } givenHeight }
            ? (givenWidth, givenHeight)
            : ImageTensorReader.ChooseSize(input, _options.FeatureColumnName, _options.MaximumImageSize, _options.CancellationToken);
        if (_options.CropPadding is { } padding && padding >= Math.Min(width, height))
            throw Invalid($"CropPadding {padding} must be below the pictures' sides, {width}×{height}; leave it null for an eighth of the shorter side.");
        if (_options.CutoutLength >= Math.Min(width, height))
            throw Invalid($"CutoutLength {_options.CutoutLength} must be below the pictures' sides, {width}×{height}; 0 switches cutout off.");
        return (width, height);
    }

    private NetworkShape ShapeOfNetwork(int classes, int width, int height, NetworkWeights? initial, SupernetWeights? supernet)
    {
        var shape = new NetworkShape
        {
            InitialChannels = initial?.Shape.InitialChannels ?? _options.InitialChannels,
            Layers = initial?.Shape.Layers ?? _options.Layers,
            Classes = classes,
            Stem = initial?.Shape.Stem ?? supernet?.Shape.Stem ?? _options.Stem ?? (Math.Min(width, height) >= 128 ? NetworkStem.ImageNet : NetworkStem.Cifar),
            ImageHeight = height,
            ImageWidth = width,
            AuxiliaryHead = _options.AuxiliaryWeight > 0,
        };
        shape.Validate();
        return shape;
    }

    private ImageDataset Read(RunContext run, IDataView input, int width, int height, bool forTraining)
    {
        TimeSpan start = run.Elapsed;
        ImageDataset data = ImageTensorReader.Read(_environment, input, new ImageReadSettings
        {
            ImageColumn = _options.FeatureColumnName,
            LabelColumn = _options.LabelColumnName,
            Width = width,
            Height = height,
            BadImages = _options.BadImages,
            ForTraining = forTraining,
            MemoryLimitBytes = _options.MemoryLimitBytes,
            Workspace = _options.WorkspacePath,
            Cancellation = _options.CancellationToken,
            Progress = (done, count) =>
            {
                run.ThrowIfCancelled();
                run.ReportReading(start, done, count);
            },
        });
        try
        {
            run.ThrowIfCancelled();

            // Resident pictures follow the run to its device; a mapped file stays where it is and batches are copied.
            return data.IsMapped ? data : data.To(run.Device);
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    private (int[] Training, int[] Validation) SplitValidation(ImageDataset data, int seed)
    {
        if (_options.ValidationSet is not null)
            return SearchSplit.Fraction(data.LabelValues, 0, seed);
        double fraction = Math.Min(_options.ValidationFraction, (double)MaximumValidationImages / data.Count);
        return SearchSplit.Fraction(data.LabelValues, fraction, seed);
    }

    private torch.Tensor? WeightsOfClasses(ImageDataset data, int[] rows, torch.Device device)
    {
        if (_options.ClassWeighting == ClassWeighting.None)
            return null;
        float[] weights = new float[data.Classes];
        foreach (int row in rows)
            weights[data.LabelValues[row]]++;
        for (int label = 0; label < weights.Length; label++)
            weights[label] = weights[label] == 0 ? 0 : (float)rows.Length / (weights.Length * weights[label]);
        return torch.tensor(weights, device: device);
    }

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
        run.Found = found with { Genotype = best, Time = found.Time + run.Elapsed - start, Candidates = [] };
        run.Info($"The best of {found.Candidates.Count} candidates: {best.ToPython()}");
        return best;
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

    private static void TellSmallerBatch(RunContext run, string option, int batchSize, int pictures)
    {
        if (batchSize > pictures)
            run.Info($"{option} {batchSize} is more than the {pictures} pictures of this phase; its steps take all {pictures}.");
    }

    private static int[] Limit(ImageDataset data, int[] rows, int? count, int seed) => count is { } limit && limit < rows.Length
        ? SearchSplit.Subset(data.LabelValues, rows, limit, seed)
        : rows;
}
