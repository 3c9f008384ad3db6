using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Runs;
using Microsoft.ML.PcDarts.Training;
using Microsoft.ML.Runtime;
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
            throw new IOException(
                $"{name} '{path}' cannot be written to: {error.Message} Name a folder that this process may create files in.", error);
        }
    }

    private RunJournal Journal(RunClock clock, IChannel channel)
    {
        var log = new RunLog(
            message => channel.Info(MessageSensitivity.None, "{0}", message),
            message => channel.Warning(MessageSensitivity.None, "{0}", message));
        var cancellation = new RunCancellation(() => MlNetAccess.IsCanceled(_environment), _options.CancellationToken);
        return new RunJournal(clock, log, cancellation, new ReportSettings
        {
            Receiver = _options.MetricsCallback,
            ReportInterval = _options.ReportInterval,
            CheckpointInterval = _options.CheckpointInterval,
        });
    }

    /// <summary>Keeps the run in its workspace, if it has one.</summary>
    /// <returns>The checkpoint of an earlier attempt; null to begin.</returns>
    private static Checkpoint? Begin(RunJournal journal, Workspace? workspace, RunDescription description)
    {
        if (workspace is null)
            return null;
        Checkpoint? interrupted = workspace.Begin(description, journal.Log.Warning);
        journal.Attach(workspace);
        if (interrupted is not null)
            journal.Resume(interrupted.State);
        return interrupted;
    }

    private (int Width, int Height) ChooseSize(IDataView input)
    {
        (int width, int height) = _options is { ImageWidth: { } givenWidth, ImageHeight: { } givenHeight }
            ? (givenWidth, givenHeight)
            : ImageTensorReader.ChooseSize(
                input, _options.FeatureColumnName, _options.MaximumImageSize, _options.MaximumPixels, _options.CancellationToken);
        if (_options.CropPadding is { } padding && padding >= Math.Min(width, height))
        {
            throw Invalid(
                $"CropPadding {padding} must be below the pictures' sides, {width}×{height}; leave it null "
                    + $"for an eighth of the shorter side.");
        }

        if (_options.CutoutLength >= Math.Min(width, height))
        {
            throw Invalid(
                $"CutoutLength {_options.CutoutLength} must be below the pictures' sides, {width}×{height}; 0 switches cutout off.");
        }

        return (width, height);
    }

    private NetworkShape ShapeOfNetwork(int classes, int width, int height, NetworkWeights? initial, SupernetWeights? supernet)
    {
        var shape = new NetworkShape
        {
            InitialChannels = initial?.Shape.InitialChannels ?? _options.InitialChannels,
            Layers = initial?.Shape.Layers ?? _options.Layers,
            Classes = classes,
            Stem = initial?.Shape.Stem
                ?? supernet?.Shape.Stem ?? _options.Stem ?? (Math.Min(width, height) >= 128 ? NetworkStem.ImageNet : NetworkStem.Cifar),
            ImageHeight = height,
            ImageWidth = width,
            AuxiliaryHead = _options.AuxiliaryWeight > 0,
        };
        shape.Validate();
        return shape;
    }

    private ImageDataset Read(RunJournal journal, torch.Device device, IDataView input, int width, int height, bool forTraining)
    {
        TimeSpan start = journal.Clock.Elapsed;
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
            Warning = journal.Log.Warning,
            Progress = (done, count) =>
            {
                journal.Cancellation.ThrowIfRequested();
                journal.ReportReading(start, done, count);
            },
        });
        try
        {
            journal.Cancellation.ThrowIfRequested();

            // Resident pictures follow the run to its device; a mapped file stays where it is and batches are copied.
            return data.IsMapped ? data : data.To(device);
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

    private static int[] Limit(ImageDataset data, int[] rows, int? count, int seed) => count is { } limit && limit < rows.Length
        ? SearchSplit.Subset(data.LabelValues, rows, limit, seed)
        : rows;
}
