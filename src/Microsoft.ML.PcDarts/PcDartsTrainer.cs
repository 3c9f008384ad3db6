using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Platform;
using Microsoft.ML.PcDarts.Reports;
using Microsoft.ML.PcDarts.Runs;
using Microsoft.ML.PcDarts.Torch;
using Microsoft.ML.PcDarts.Training;
using Microsoft.ML.PcDarts.Training.Final;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>
/// The <see cref="IEstimator{TTransformer}"/> that designs a convolutional network for a multiclass image classification task: it searches
/// a cell architecture with PC-DARTS, trains the network that it found, and returns a model that predicts with Microsoft.ML,
/// Microsoft.ML.ImageAnalytics and Microsoft.ML.OnnxTransformer alone.
/// </summary>
/// <remarks>
/// <para>Create it with <c>mlContext.MulticlassClassification.Trainers.PcDarts()</c> or with <see cref="Options"/>.</para>
/// <para><b>Input and output columns.</b> The label column must be a key of two or more values, the feature column an
/// <see cref="MLImage"/> of any size (use <c>LoadImages</c>); pictures are resized by the transformer that is saved with the model. Output
/// columns:</para>
/// <list type="table">
/// <listheader><term>Output column name</term><description>Type and meaning</description></listheader>
/// <item><term><c>Score</c></term><description>Vector of <see cref="float"/>: the probabilities of all classes, in the order of the label's
/// key values. The slot names are the key values.</description></item>
/// <item><term><c>PredictedLabel</c></term><description>Key: the class of the highest probability, with the label's key
/// values.</description></item>
/// </list>
/// <para><b>Trainer Characteristics</b></para>
/// <list type="table">
/// <item><term>Machine learning task</term><description>Multiclass classification</description></item>
/// <item><term>Is normalization required?</term><description>No</description></item>
/// <item><term>Is caching required?</term><description>No: pictures are decoded once</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.PcDarts and a libtorch build, such as
/// libtorch-cpu-linux-x64, to train; Microsoft.ML.OnnxTransformer and Microsoft.ML.ImageAnalytics to predict</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, by <see cref="PcDartsTransformer.SaveOnnx"/></description></item>
/// </list>
/// <para><b>Training Algorithm Details.</b> PC-DARTS (Xu et al., "PC-DARTS: Partial Channel Connections for Memory-Efficient Architecture
/// Search", ICLR 2020, arXiv 1907.05737) relaxes the choice of operations in a cell into a weighted sum, whose weights α are learned on one
/// half of the pictures while the network's weights are learned on the other. Only one in K channels takes part, which saves memory and
/// time, and edge weights β steady the choice of edges. The strongest edges and operations make a genotype, which by default competes with
/// others drawn by α and β in short trainings (<see cref="Options.SearchCandidates"/>); the network of the best is then trained from
/// scratch.</para>
/// </remarks>
public sealed partial class PcDartsTrainer : IEstimator<PcDartsTransformer>
{
    /// <summary>Key under which <see cref="Exception.Data"/> holds the JSON of a genotype whose training failed.</summary>
    private const string GenotypeKey = "Genotype";
    private const int MaximumValidationImages = 2500;
    private readonly IHostEnvironment _environment;
    private readonly Options _options;
    private readonly RunSettings _settings;
    private readonly TimeProvider _time;

    /// <param name="environment">The environment of the catalog; an <see cref="MLContext"/> or a host of one.</param>
    /// <param name="options">Copied.</param>
    /// <param name="time">Clock of the run and its time budget; null for the system's.</param>
    internal PcDartsTrainer(IHostEnvironment environment, Options options, TimeProvider? time = null)
    {
        _environment = environment;
        _options = options.Clone();
        _time = time ?? TimeProvider.System;
        Validate(_options);
        _settings = RunSettings.Of(_options);
    }

    private ColumnNames Columns => NamesOf(_options);

    /// <summary>Checks the input columns and gives the columns that the model will add.</summary>
    /// <param name="inputSchema">Shape of the input.</param>
    /// <returns>Shape of the output.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return PcDartsSchema.GetOutputSchema(inputSchema, Columns);
    }

    /// <summary>Searches an architecture for the pictures and trains it.</summary>
    /// <param name="input">Rows with the label and the image column.</param>
    /// <returns>The model.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="input"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has the wrong type.</exception>
    /// <exception cref="ArgumentException">The data cannot be trained on: no rows, one class only, a class with a single picture, pictures
    /// that are too small, or a picture that cannot be decoded while <see cref="Options.BadImages"/> says error.</exception>
    /// <exception cref="InvalidDataException"><see cref="Options.InitialModel"/> or <see cref="Options.InitialSupernet"/> is damaged, or
    /// its weights are not those of its architecture; or a file of the workspace is damaged that the run cannot do without. The message
    /// names the file and what differs.</exception>
    /// <exception cref="IOException">The workspace or the folder for temporary files cannot be written to, or cannot hold the decoded
    /// pictures.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    /// <exception cref="TorchLibraryException">The native tensor library cannot be loaded.</exception>
    /// <exception cref="InsufficientMemoryException">Memory ran out in a step; the message names what to lower.</exception>
    /// <exception cref="DifferentRunException"><see cref="Options.WorkspacePath"/> holds a run of other options or data.</exception>
    /// <exception cref="InvalidOperationException">The GPU or the <see cref="Options.Precision"/> that was asked for is missing, the loss
    /// diverged, or the rows change their order between passes.</exception>
    public PcDartsTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var clock = new RunClock(_time, _options.TimeBudget);
        PcDartsSchema.Check(input.Schema, Columns);
        if (_options.ValidationSet is { } given)
            PcDartsSchema.CheckValidation(input.Schema, given.Schema, Columns);
        NetworkWeights? initial = ReadInitialModel();

        IHost host = _environment.Register("PcDarts");
        using IChannel channel = host.Start("Fit");
        TorchRuntime.EnsureLoaded();
        using var memory = new KeptMemory();
        SupernetWeights? initialSupernet = ReadInitialSupernet(ClassNames.Count(input.Schema[_options.LabelColumnName]));
        RunJournal journal = Journal(clock, channel);
        RunLog log = journal.Log;
        Device device = TorchRuntime.ChooseDevice(
            MlNetAccess.GpuDeviceId(_environment), MlNetAccess.FallbackToCpu(_environment), log.Warning);
        ScalarType trainingType = TorchRuntime.ChooseType(_options.Precision, device, log.Warning);
        TorchRuntime.SetThreads(_options.Threads);
        using Workspace? workspace = _options.WorkspacePath is { } folder ? Workspace.Open(folder, ReportPage.Write) : null;
        int seed = _options.Seed
            ?? MlNetAccess.Seed(_environment)
            ?? (workspace is null ? null : Workspace.ReadDescription(workspace.FullPath)?.Seed)
            ?? host.Rand.Next();
        if (TorchRuntime.OneDnnRemark is { } remark)
            log.Info(remark);
        using TorchSharp.DisposeScope scope = NewDisposeScope();

        // Step 1: decode the pictures once.
        CheckFolder("MLContext.TempFilePath", MlNetAccess.TempFilePath(_environment));
        (int width, int height) = ChooseSize(input);
        using ImageDataset data = Read(journal, device, input, width, height, forTraining: true);
        using ImageDataset? validationData = _options.ValidationSet is { } set
            ? Read(journal, device, set, width, height, forTraining: false)
            : null;
        TimeSpan readTime = clock.Elapsed;

        // Where an earlier attempt stood, if the workspace holds one.
        RunDescription description = Describe(seed, device, trainingType, data, validationData, initial, initialSupernet);
        using Workspace? fold = workspace is null ? null : FoldOf(workspace, description, log.Info);
        Checkpoint? interrupted = Begin(journal, fold ?? workspace, description);

        // Step 2: hold out validation rows.
        (int[] training, int[] held) = SplitValidation(data, seed);
        var setup = new RunSetup
        {
            Device = device,
            Seed = seed,
            ClassWeights = WeightsOfClasses(data, training, device),
            MemorySaving = _options.MemorySaving,
        };
        (float[] mean, float[] std) = initial is { Mean: { } givenMean, Std: { } givenStd }
            ? (givenMean, givenStd)
            : ChannelStatistics.Of(data, training);
        using BatchLoader loader = Loader(data);
        using BatchLoader? validationLoader = validationData is null ? null : Loader(validationData);
        (BatchLoader Loader, int[] Rows)? validation = validationLoader is not null
            ? (validationLoader, [.. Enumerable.Range(0, validationData!.Count)])
            : held.Length > 0 ? (loader, held) : null;

        // Steps 3 to 6: search a genotype.
        NetworkShape wanted = ShapeOfNetwork(data.Classes, width, height, initial, initialSupernet);
        SearchResult found = interrupted?.State.Found
            ?? ((_options.Genotype ?? initial?.Genotype) is { } known ? new SearchResult(known, TimeSpan.Zero, 0) : null)
            ?? Search(setup, journal, data, loader, training, wanted.Stem, initialSupernet, interrupted);
        log.Info($"Genotype: {found.Genotype.ToPython()}");

        // Steps 7 and 8: train the discovered network.
        IReadOnlyList<string> classNames = ClassNames.Of(input.Schema[_options.LabelColumnName]);
        var finalData = new FinalData(loader, Limit(data, training, _options.TrainingImages, seed), validation);
        (found, NetworkShape shape, TrainedNetwork trained) = Train(
            setup, journal, finalData, found, wanted, initial is null ? null : (initial, classNames), interrupted);

        // Step 9: an ordinary ML.NET model.
        var history = new TrainingHistory
        {
            Epochs = journal.Epochs,
            TrainingImages = finalData.Rows.Length,
            ValidationImages = finalData.ValidationCount,
            MissingLabels = data.MissingLabels,
            SkippedImages = data.SkippedImages,
            ReadTime = readTime,
            SearchTime = found.Time,
            TrainingTime = trained.Time,
            SearchImagesPerSecond = found.ImagesPerSecond,
            TrainingImagesPerSecond = trained.ImagesPerSecond,
            ReturnedEpoch = trained.Epoch,
            StopReason = trained.Stopped,
            Verdict = Judge(journal, found, trained, finalData.Rows.Length, readTime, initial is not null, initialSupernet is not null),
            Size = NetworkSize.Of(found.Genotype, shape),
            WeightsSha256 = WeightsHash.Sha256(trained.Weights),
            PeakMemoryBytes = Process.GetCurrentProcess().PeakWorkingSet64,
            PeakGpuMemoryBytes = device.type == TorchSharp.DeviceType.CUDA ? CudaDriver.MemoryInUse(device.index) ?? 0 : 0,
            Device = device.ToString(),
            Seed = seed,
        };
        var model = new DiscoveredModel(found.Genotype, shape, trained.Weights, mean, std, classNames, history);
        PcDartsTransformer transformer = PcDartsTransformer.Create(_environment, model, input.Schema, Columns);
        journal.InWorkspace(kept => kept.Finish(
            model.Result, stream => new MLContext().Model.Save(transformer, input.Schema, stream), stream => model.WriteOnnx(stream)));
        if (trained.Stopped != StopReason.Cancelled)
            Remember(description);
        return transformer;

        BatchLoader Loader(ImageDataset pictures) => new(pictures, mean, std, _settings.Augmentation, device, trainingType, seed);
    }
}
