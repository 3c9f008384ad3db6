using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Runs;
using Microsoft.ML.PcDarts.Training;
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
            : ImageTensorReader.ChooseSize(input, _options.FeatureColumnName, _options.MaximumImageSize, _options.MaximumPixels, _options.CancellationToken);
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
            MaximumPixels = _options.MaximumPixels,
            ForTraining = forTraining,
            Balanced = _options.ClassWeighting == ClassWeighting.Balanced,
            MemoryLimitBytes = _options.MemoryLimitBytes,
            Workspace = _options.WorkspacePath,
            Cancellation = _options.CancellationToken,
            Warning = run.Warning,
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
        int[] counts = new int[data.Classes];
        foreach (int row in rows)
            counts[data.LabelValues[row]]++;
        return torch.tensor(ClassWeights.Balanced(counts), device: device);
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
