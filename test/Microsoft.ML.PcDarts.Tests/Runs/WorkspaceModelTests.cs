using Microsoft.ML.Data;
using static Microsoft.ML.PcDarts.Tests.ColorPictures;

namespace Microsoft.ML.PcDarts.Tests.Runs;

public sealed class WorkspaceModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Fit_Finished_LeavesTheModelInTheWorkspace()
    {
        MLContext ml = new(seed: 1);
        PcDartsTrainer.Options options = Quick();
        options.WorkspacePath = _folder.Path;
        using PcDartsTransformer fitted = Fit(ml, options, Views(ml, 30, out IDataView view));
        float[][] expected = Scores(fitted.Transform(view));

        ITransformer loaded = ml.Model.Load(_folder.File("model.zip"), out _);
        using var owned = (IDisposable)loaded;
        float[][] saved = Scores(loaded.Transform(view));

        Assert.Equal(30, saved.Length);
        Assert.All(expected.Zip(saved), pair => Assert.Equal(pair.First, pair.Second, (one, other) => Math.Abs(one - other) < 1e-5));
        using PcDartsPredictor predictor = PcDartsPredictor.Load(_folder.File("model.onnx"));
        Assert.Equal(["blue", "green", "red"], predictor.ClassNames.Order());
    }

    [Fact]
    public void Fit_Cancelled_LeavesNoModel()
    {
        MLContext ml = new(seed: 1);
        using CancellationTokenSource cancellation = new();
        PcDartsTrainer.Options options = Quick();
        (options.WorkspacePath, options.CancellationToken) = (_folder.Path, cancellation.Token);
        options.MetricsCallback = report =>
        {
            if (report is { Phase: TrainingPhase.Training, EpochEnd: true, Epoch: 2 })
                cancellation.Cancel();
        };

        Assert.Throws<OperationCanceledException>(() => Fit(ml, options, Views(ml, 30, out _)));

        Assert.Empty(Directory.GetFiles(_folder.Path, "model.*"));
    }

    private static float[][] Scores(IDataView view) => [.. view.GetColumn<float[]>("Score")];
}
