using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using static Microsoft.ML.PcDarts.Tests.ColorPictures;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class PcDartsTrainerTests
{
    [Fact]
    public void Fit_SeparablePictures_LearnsThemAndPredicts()
    {
        MLContext ml = new(seed: 3);
        PcDartsTransformer model = Fit(ml, Quick(), Views(ml, 60, out IDataView view));
        MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(model.Transform(view));
        Assert.True(metrics.MicroAccuracy > 0.9, $"accuracy {metrics.MicroAccuracy}");
        Assert.Equal(["blue", "green", "red"], model.ClassNames.Order());
        Assert.Equal(2, model.Genotype.Nodes);
        Assert.Equal(48, model.History.TrainingImages);
        Assert.Equal(12, model.History.ValidationImages);
    }

    [Fact]
    public void Fit_BothPhases_HistoryAndCallbackAgree()
    {
        MLContext ml = new(seed: 3);
        List<TrainingProgress> reports = [];
        PcDartsTrainer.Options options = Quick();
        options.MetricsCallback = reports.Add;
        PcDartsTransformer model = Fit(ml, options, Views(ml, 30, out _));

        EpochMetrics[] epochs = [.. model.History.Epochs];
        Assert.Equal([1, 2], epochs.Where(epoch => epoch.Phase == TrainingPhase.Search).Select(epoch => epoch.Epoch));
        Assert.Equal([1, 2, 3, 4, 5, 6], epochs.Where(epoch => epoch.Phase == TrainingPhase.Training).Select(epoch => epoch.Epoch));
        Assert.Equal(epochs.Select(epoch => epoch.Loss), reports.Where(report => report.EpochEnd).Select(report => report.Loss!.Value));
        Assert.Null(epochs[0].ValidationLoss); // warm-up: the architecture is not stepped
        Assert.NotNull(epochs[1].ValidationLoss);
        Assert.Equal(model.Genotype, epochs[1].Genotype);
        Assert.Equal(epochs[^1].ValidationAccuracy, model.History.ValidationAccuracy);
        Assert.All(epochs[2..], epoch => Assert.InRange(epoch.ValidationAccuracy!.Value, 0, 1));
        Assert.True(epochs[^1].LearningRate < epochs[3].LearningRate);
    }

    [Fact]
    public void Fit_SameSeed_SameArchitectureAndWeights()
    {
        (Genotype, string) Run(int seed)
        {
            MLContext ml = new(seed);
            PcDartsTransformer model = Fit(ml, Quick(), Views(ml, 30, out _));
            return (model.Genotype, model.History.WeightsSha256);
        }

        (Genotype, string) first = Run(5);
        Assert.Equal(first, Run(5));
        Assert.NotEqual(first.Item2, Run(6).Item2);
    }

    [Fact]
    public void Fit_GenotypeGiven_SkipsTheSearch()
    {
        MLContext ml = new(seed: 3);
        PcDartsTrainer.Options options = Quick();
        options.Genotype = KnownGenotypes.DartsV2;
        options.AuxiliaryWeight = 0.4;
        options.DropPathProbability = 0.2;
        options.CutoutLength = 4;
        options.Epochs = 1;
        PcDartsTransformer model = Fit(ml, options, Views(ml, 24, out _));
        Assert.Equal(KnownGenotypes.DartsV2, model.Genotype);
        Assert.DoesNotContain(model.History.Epochs, epoch => epoch.Phase == TrainingPhase.Search);
        Assert.Equal(TimeSpan.Zero, model.History.SearchTime);
    }

    [Fact]
    public void Fit_ValidationSetGiven_HoldsNothingOut()
    {
        MLContext ml = new(seed: 3);
        PcDartsTrainer.Options options = Quick();
        options.Epochs = 1;
        options.ValidationSet = Views(ml, 9, out _);
        PcDartsTransformer model = Fit(ml, options, Views(ml, 30, out _));
        Assert.Equal(30, model.History.TrainingImages);
        Assert.Equal(9, model.History.ValidationImages);
    }

    [Fact]
    public void Fit_NothingHeldOut_HasNoValidationMetrics()
    {
        MLContext ml = new(seed: 3);
        PcDartsTrainer.Options options = Quick();
        options.Epochs = 1;
        options.ValidationFraction = 0;
        PcDartsTransformer model = Fit(ml, options, Views(ml, 30, out _));
        Assert.Null(model.History.ValidationAccuracy);
        Assert.Equal(30, model.History.TrainingImages);
    }

    [Theory]
    [InlineData(TrainingPhase.Search)]
    [InlineData(TrainingPhase.Training)]
    public void Fit_TokenCancelledInAPhase_Throws(TrainingPhase phase)
    {
        MLContext ml = new(seed: 3);
        using var source = new CancellationTokenSource();
        PcDartsTrainer.Options options = Quick();
        options.CancellationToken = source.Token;
        options.MetricsCallback = report =>
        {
            if (report.Phase == phase)
                source.Cancel();
        };
        OperationCanceledException error = Assert.ThrowsAny<OperationCanceledException>(() => Fit(ml, options, Views(ml, 30, out _)));
        Assert.Equal(source.Token, error.CancellationToken);
    }

    [Fact]
    public void Fit_TimeBudget_PlansShorterPhasesAndFinishes()
    {
        MLContext ml = new(seed: 3);
        PcDartsTrainer.Options options = Quick();
        options.TimeBudget = TimeSpan.FromSeconds(20);
        options.SearchTimeShare = 0.25;
        options.SearchEpochs = 10_000;
        options.Epochs = 100_000;
        PcDartsTransformer model = FitOnFakeClock(ml, options, Views(ml, 30, out _));
        EpochMetrics[] search = [.. model.History.Epochs.Where(epoch => epoch.Phase == TrainingPhase.Search)];
        EpochMetrics[] training = [.. model.History.Epochs.Where(epoch => epoch.Phase == TrainingPhase.Training)];
        // Steps of 30 ms and more in a quarter of the time, and in the rest.
        Assert.InRange(search[^1].Elapsed.TotalSeconds, 4, 6);
        Assert.InRange(training[^1].Elapsed.TotalSeconds, 18, 20);
        Assert.Equal(StopReason.Completed, model.History.StopReason);
        // The schedule ends with the training.
        Assert.InRange(training[^1].LearningRate, 0, 0.1 * options.LearningRate);
    }

    [Fact]
    public void Fit_MapLargerThanMemoryLimit_UsesAMappedFileAndLeavesNothing()
    {
        using TemporaryFolder folder = new();
        MLContext ml = new(seed: 3);
        PcDartsTrainer.Options options = Quick();
        options.Epochs = 1;
        options.MemoryLimitBytes = 1;
        options.WorkspacePath = folder.Path;
        PcDartsTransformer model = Fit(ml, options, Views(ml, 30, out _));
        Assert.Equal(24, model.History.TrainingImages);
        Assert.Empty(Directory.EnumerateFiles(folder.Path, "pixels-*"));
    }

    [Fact]
    public void Fit_WorkspaceIsAFile_SaysSoBeforeReading()
    {
        using TemporaryFolder folder = new();
        string file = Path.Combine(folder.Path, "taken");
        File.WriteAllText(file, "");
        MLContext ml = new(seed: 3);
        PcDartsTrainer.Options options = Quick();
        options.WorkspacePath = file;
        IOException error = Assert.ThrowsAny<IOException>(() => Fit(ml, options, Views(ml, 30, out _)));
        Assert.Contains($"WorkspacePath '{file}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_CropPaddingAsLargeAsThePicture_NamesBoth()
    {
        MLContext ml = new(seed: 3);
        PcDartsTrainer.Options options = Quick();
        options.CropPadding = 8;
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(() => Fit(ml, options, Views(ml, 30, out _)));
        Assert.StartsWith("CropPadding 8 must be below the pictures' sides, 8×8", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_OneClassOnly_NamesIt()
    {
        MLContext ml = new(seed: 3);
        IDataView view = ml.Transforms.Conversion.MapValueToKey("Label",
            keyData: ml.Data.LoadFromEnumerable([new { Label = "red" }, new { Label = "blue" }]))
            .Fit(Source(ml, 9)).Transform(ml.Data.FilterRowsByColumn(Source(ml, 9), "Number", upperBound: 1));
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(() => Fit(ml, Quick(), view));
        Assert.Contains("red", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Fit_GpuAskedForAndAbsent_SaysHowToFallBack()
    {
        Skip.If(TorchSharp.torch.cuda_is_available(), "This machine has a GPU.");
        MLContext ml = new(seed: 3) { GpuDeviceId = 0, FallbackToCpu = false };
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => Fit(ml, Quick(), Views(ml, 30, out _)));
        Assert.Contains("FallbackToCpu", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_BFloat16OnTheCpu_WarnsAndLearns()
    {
        MLContext ml = new(seed: 3);
        List<string> warnings = [];
        ml.Log += (_, message) =>
        {
            if (message.Kind == ChannelMessageKind.Warning)
                warnings.Add(message.RawMessage);
        };
        PcDartsTrainer.Options options = Quick();
        options.Precision = TrainingPrecision.BFloat16;
        PcDartsTransformer model = Fit(ml, options, Views(ml, 60, out IDataView view));
        Assert.Contains(warnings, warning => warning.Contains("BFloat16 on the CPU", StringComparison.Ordinal));
        double accuracy = ml.MulticlassClassification.Evaluate(model.Transform(view)).MicroAccuracy;
        Assert.True(accuracy > 0.9, $"accuracy {accuracy}");
    }

    [Fact]
    public void Fit_TrainingFails_KeepsTheGenotypeThatWasFound()
    {
        MLContext ml = new(seed: 3);
        PcDartsTrainer.Options options = Quick();
        options.LearningRate = 1e30;
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => Fit(ml, options, Views(ml, 30, out _)));
        Assert.Contains("LearningRate", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, Genotype.FromJson(Assert.IsType<string>(error.Data["Genotype"])).Nodes);

        options.Genotype = Genotype.FromJson((string)error.Data["Genotype"]!);
        Assert.Null(Assert.Throws<InvalidOperationException>(() => Fit(ml, options, Views(ml, 30, out _))).Data["Genotype"]);
    }

    [SkippableTheory]
    [InlineData(true, "SearchBatchSize 32, SearchInitialChannels (C) 1024, PartialChannels (K) 2, SearchLayers 1, pictures of 512×512")]
    [InlineData(false, "BatchSize 64, InitialChannels (C) 1024, Layers 1, pictures of 512×512")]
    public void Fit_StepOutOfMemory_NamesWhatToLower(bool searching, string message)
    {
        // The first map of the stem alone takes 103 GB (searching) or twice as much, which the allocator refuses at once.
        Skip.If(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes > 90L << 30, "a machine with more memory would begin to work on it");
        MLContext ml = new(seed: 3);
        PcDartsTrainer.Options options = Quick();
        (options.ImageWidth, options.ImageHeight, options.ValidationFraction, options.Stem) = (512, 512, 0, NetworkStem.Cifar);
        (options.SearchBatchSize, options.SearchInitialChannels, options.SearchLayers) = (32, 1024, 1);
        (options.BatchSize, options.InitialChannels, options.Layers, options.Genotype) = (64, 1024, 1, searching
            ? null
            : KnownGenotypes.PcDartsCifar);
        InsufficientMemoryException error = Assert.Throws<InsufficientMemoryException>(() => Fit(ml, options, Views(ml, 64, out _)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("MemorySaving", error.Message, StringComparison.Ordinal);
    }
}
