using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using static Microsoft.ML.PcDarts.Tests.ColorPictures;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>The supernet of one search as a file, and as the start of another.</summary>
public sealed class InitialSupernetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    private string Supernet => _folder.File("supernet.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void SaveSupernet_FinishedRun_IsThatOfTheSearchsEnd()
    {
        Genotype found = Search(Options("run"))!;
        PcDartsRun run = PcDartsRun.Open(_folder.File("run"));

        run.SaveSupernet(Supernet);

        ArchitectureValues saved = ArchitectureValues.Load(Supernet), reported = run.Metrics.Of(TrainingPhase.Search).Last().Architecture!;
        Assert.Equal(found, saved.Decode());
        Assert.Equal(reported.AlphaNormal, saved.AlphaNormal);
        Assert.Equal(reported.BetaReduce, saved.BetaReduce);
        Assert.Equal(new SupernetShape { InitialChannels = 4, Layers = 2, Classes = 3, Nodes = 2, PartialChannels = 2 },
            SupernetWeights.Read(Supernet).Shape);
    }

    [Fact]
    public void SaveSupernet_InterruptedSearch_IsThatOfTheCheckpoint()
    {
        Assert.Null(Search(Options("run"), stopAfter: 1));
        string checkpoint = Directory.GetFiles(_folder.File("run"), "*.safetensors", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Last();
        IReadOnlyDictionary<string, TensorData> kept = SafetensorsFile.Read(checkpoint).Tensors;

        PcDartsRun.Open(_folder.File("run")).SaveSupernet(Supernet);

        IReadOnlyDictionary<string, TensorData> saved = SafetensorsFile.Read(Supernet).Tensors;
        Assert.Equal(kept["supernet.stem.0.weight"].Floats, saved["stem.0.weight"].Floats);
        Assert.Equal(kept["alphas_reduce"].Floats, saved["alphas_reduce"].Floats);
        Assert.DoesNotContain(saved.Keys,
            name => name.StartsWith("momentum", StringComparison.Ordinal) || name.StartsWith("supernet", StringComparison.Ordinal));
        Assert.Equal(SupernetWeights.Read(checkpoint).Sha256, SupernetWeights.Read(Supernet).Sha256);
    }

    [Fact]
    public void SaveSupernet_RunWithoutOne_SaysWhy()
    {
        Search(Options("given", options => options.Genotype = KnownGenotypes.PcDartsCifar));
        Search(Options("old"));
        File.Delete(Path.Combine(_folder.File("old"), "supernet.safetensors"));

        Assert.Contains("its architecture was given", Fails("given"), StringComparison.Ordinal);
        Assert.Contains("supernet.safetensors is missing", Fails("old"), StringComparison.Ordinal);
        Directory.Delete(Path.Combine(_folder.File("old"), "checkpoints"), recursive: true);
        foreach (string file in (string[])["metrics.jsonl", "result.json"])
            File.Delete(Path.Combine(_folder.File("old"), file));
        Assert.Contains("has not saved a checkpoint yet", Fails("old"), StringComparison.Ordinal);

        string Fails(string run)
            => Assert.Throws<InvalidOperationException>(() => PcDartsRun.Open(_folder.File(run)).SaveSupernet(Supernet)).Message;
    }

    [Fact]
    public void Fit_InitialSupernet_StartsFromItsShapeAndValues()
    {
        Genotype found = Start();

        // Steps too small to move anything; the options ask for another supernet.
        Genotype again = Search(Options("second", options =>
        {
            (options.InitialSupernet, options.Seed, options.SearchLearningRate, options.ArchitectureLearningRate) = (Supernet, 99,
                1e-12, 1e-12);
            (options.SearchInitialChannels, options.SearchLayers, options.Nodes, options.PartialChannels) = (8, 3, 4, 4);
        }))!;

        Assert.Equal(found, again);
        PcDartsRun.Open(_folder.File("second")).SaveSupernet(_folder.File("second.safetensors"));
        IReadOnlyDictionary<string, TensorData> before = SafetensorsFile.Read(Supernet).Tensors,
            after = SafetensorsFile.Read(_folder.File("second.safetensors")).Tensors;
        Assert.Equal(before.Keys.Order(StringComparer.Ordinal), after.Keys.Order(StringComparer.Ordinal));
        Assert.All(before.Where(entry => !entry.Key.Contains("running", StringComparison.Ordinal)),
            entry => Assert.InRange(Golden.RelativeError(after[entry.Key].Floats, entry.Value.Floats), 0, 1e-6));
    }

    [Fact]
    public void Fit_SupernetWithoutAlphaOfOtherClasses_StartsBothAtRandom()
    {
        Start();
        Dictionary<string, TensorData> bare = SafetensorsFile.Read(Supernet).Tensors.Where(
            entry => !ArchitectureValues.Names.Contains(entry.Key)).ToDictionary();
        foreach (string name in (string[])["classifier.weight", "classifier.bias"])
            bare[name] = new TensorData([7, .. bare[name].Shape[1..]], new float[7 * bare[name].Count / 3]);
        SafetensorsFile.Write(Supernet, bare); // as other tools write it, of seven classes
        List<string> log = [];
        _ml.Log += (_, line) => log.Add(line.Message);

        Assert.NotNull(Search(Options("second", options => options.InitialSupernet = Supernet)));

        Assert.Contains(log, line => line.Contains("α and β are random, because the file has none; the classifier is random, "
            + "because the file's has 7 classes and the pictures have 3.", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_InterruptedSearchFromASupernet_GoesOnWithTheMovedFileOnly()
    {
        Start();
        string moved = _folder.File("moved.safetensors");
        Genotype whole = Search(Options("whole", From(Supernet)))!;
        Assert.Null(Search(Options("broken", From(Supernet)), stopAfter: 1));
        File.Move(Supernet, moved);
        PcDartsRun.Open(_folder.File("whole")).SaveSupernet(Supernet);

        Assert.Contains("InitialSupernet is ",
            Assert.Throws<DifferentRunException>(() => Search(Options("broken", From(Supernet)))).Message, StringComparison.Ordinal);
        Assert.Equal(whole, Search(Options("broken", From(moved))));
        Assert.Equal(SupernetWeights.Read(Supernet).Sha256,
            SupernetWeights.Read(Path.Combine(_folder.File("broken"), "supernet.safetensors")).Sha256);

        static Action<PcDartsTrainer.Options> From(string file) => options => options.InitialSupernet = file;
    }

    [Fact]
    public void Fit_WhatCannotBeStartedFrom_FailsBeforePicturesAreRead()
    {
        Start();
        Dictionary<string, TensorData> torn = SafetensorsFile.Read(Supernet).Tensors.Where(
            entry => entry.Key != "cells.1._ops.0._ops.4.op.1.weight").ToDictionary();
        SafetensorsFile.Write(Supernet, torn);
        List<TrainingProgress> reports = [];
        PcDartsTrainer.Options options = Options("second",
            options => (options.InitialSupernet, options.ReportInterval, options.MetricsCallback) = (Supernet, TimeSpan.Zero, reports.Add));

        string told = Assert.Throws<InvalidDataException>(() => Search(options)).Message;

        Assert.Contains(Supernet, told, StringComparison.Ordinal);
        Assert.Contains("lack 'cells.1._ops.0._ops.4.op.1.weight'", told, StringComparison.Ordinal);
        Assert.Empty(reports);
        options.InitialSupernet = _folder.File("missing.pth");
        Assert.Contains($"InitialSupernet '{options.InitialSupernet}' does not exist",
            Assert.Throws<FileNotFoundException>(() => Search(options)).Message, StringComparison.Ordinal);
        options.Genotype = KnownGenotypes.PcDartsCifar;
        Assert.Contains("starts the search, which Genotype skips", Assert.Throws<ArgumentException>(() => Search(options)).Message,
            StringComparison.Ordinal);
    }

    /// <summary>Searches and writes the supernet.</summary>
    private Genotype Start()
    {
        Genotype found = Search(Options("first"))!;
        PcDartsRun.Open(_folder.File("first")).SaveSupernet(Supernet);
        return found;
    }

    private PcDartsTrainer.Options Options(string run, Action<PcDartsTrainer.Options>? change = null)
    {
        PcDartsTrainer.Options options = Quick();
        (options.WorkspacePath, options.Epochs) = (_folder.File(run), 1);
        change?.Invoke(options);
        return options;
    }

    /// <summary>The genotype of a run; null if it was stopped after an epoch of the search.</summary>
    private Genotype? Search(PcDartsTrainer.Options options, int? stopAfter = null)
    {
        using var cancellation = new CancellationTokenSource();
        options.CancellationToken = cancellation.Token;
        if (stopAfter is not null)
        {
            options.MetricsCallback = report =>
            {
                if (report is { EpochEnd: true, Phase: TrainingPhase.Search } && report.Epoch == stopAfter)
                    cancellation.Cancel();
            };
        }

        Views(_ml, 30, out IDataView view);
        try
        {
            using PcDartsTransformer model = Fit(_ml, options, view);
            return model.Genotype;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
