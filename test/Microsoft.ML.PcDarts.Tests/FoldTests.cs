using static Microsoft.ML.PcDarts.Tests.ColorPictures;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class FoldTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void CrossValidate_Workspace_KeepsARunForEachFoldAndResumes()
    {
        string[] first = CrossValidate(cancelIn: null);

        Assert.Equal(3, first.Distinct().Count());
        Assert.Equal(first, ((string[])[".", "fold-2",
            "fold-3"]).Select(name => PcDartsRun.Open(_folder.File(name)).History!.WeightsSha256));

        PcDartsRun.Delete(_folder.File("fold-3"));
        Assert.Throws<OperationCanceledException>(() => CrossValidate(cancelIn: "fold-3"));
        Assert.Equal(PcDartsRunState.Interrupted, PcDartsRun.Open(_folder.File("fold-3")).State);
        Assert.Equal(first, CrossValidate(cancelIn: null));
    }

    [Fact]
    public void Fit_AgainWithTheSameData_ReturnsTheModelAgain()
    {
        MLContext ml = new(seed: 3);
        PcDartsTrainer trainer = ml.MulticlassClassification.Trainers.PcDarts(Options());
        string first = trainer.Fit(Views(ml, 30, out _)).History.WeightsSha256;
        trainer.Fit(Views(ml, 33, out _));
        Assert.Equal(first, trainer.Fit(Views(ml, 30, out _)).History.WeightsSha256);
        Assert.Equal(["fold-2"], Directory.GetDirectories(_folder.Path, "fold-*").Select(Path.GetFileName));
    }

    /// <returns>The hashes of the folds' weights.</returns>
    private string[] CrossValidate(string? cancelIn)
    {
        MLContext ml = new(seed: 3);
        using CancellationTokenSource cancellation = new();
        PcDartsTrainer.Options options = Options();
        options.CancellationToken = cancellation.Token;
        options.MetricsCallback = report =>
        {
            if (report is { Phase: TrainingPhase.Training, EpochEnd: true } && cancelIn is not null
                && PcDartsRun.Exists(_folder.File(cancelIn)))
                cancellation.Cancel();
        };
        return [.. ml.MulticlassClassification.CrossValidate(Views(ml, 30, out _), ml.MulticlassClassification.Trainers.PcDarts(options),
            numberOfFolds: 3)
            .Select(fold => ((PcDartsTransformer)fold.Model).History.WeightsSha256)];
    }

    private PcDartsTrainer.Options Options()
    {
        PcDartsTrainer.Options options = Quick();
        (options.WorkspacePath, options.Epochs, options.SearchEpochs, options.SearchWarmUpEpochs) = (_folder.Path, 2, 1, 0);
        return options;
    }
}
