using static Microsoft.ML.PcDarts.Tests.ColorPictures;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class StoppingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ValidationMetric.Accuracy)]
    [InlineData(ValidationMetric.Loss)]
    public void Fit_BestValidation_ReturnsTheFirstBestEpoch(ValidationMetric metric)
    {
        TrainingHistory history = Run(options =>
        {
            (options.ReturnedWeights, options.ValidationMetric) = (ReturnedWeights.BestValidation, metric);
            options.LearningRate = 3; // so that the last epoch is not always the best
        }).History;
        EpochMetrics[] epochs = Training(history);
        EpochMetrics best = metric == ValidationMetric.Accuracy
            ? epochs.MaxBy(epoch => epoch.ValidationAccuracy)!
            : epochs.MinBy(epoch => epoch.ValidationLoss)!;
        Assert.Equal(best.Epoch, history.ReturnedEpoch);
        Assert.Equal(best.ValidationAccuracy, history.ValidationAccuracy);
        Assert.Equal(StopReason.Completed, history.StopReason);
    }

    [Fact]
    public void Fit_LastEpoch_IsTheDefault()
    {
        TrainingHistory history = Run().History;
        Assert.Equal((6, StopReason.Completed), (history.ReturnedEpoch, history.StopReason));
    }

    [Fact]
    public void Fit_NoImprovement_StopsAndReturnsTheBest()
    {
        TrainingHistory history = Run(options => (options.EarlyStoppingPatience, options.EarlyStoppingMinimumDelta) = (2, 1)).History;
        Assert.Equal(StopReason.EarlyStopping, history.StopReason);
        EpochMetrics[] epochs = Training(history);
        Assert.Equal(3, epochs.Length); // no gain of more than 1 after the first epoch
        Assert.Equal(epochs.MaxBy(epoch => epoch.ValidationAccuracy)!.Epoch, history.ReturnedEpoch);
    }

    [Fact]
    public void Fit_StoppedEarly_StaysStoppedInItsWorkspace()
    {
        void Change(PcDartsTrainer.Options options)
            => (options.EarlyStoppingPatience, options.EarlyStoppingMinimumDelta, options.WorkspacePath) = (2, 1, _folder.Path);
        TrainingHistory first = Run(Change).History, again = Run(Change).History;
        Assert.Equal((first.WeightsSha256, first.ReturnedEpoch, first.StopReason),
            (again.WeightsSha256, again.ReturnedEpoch, again.StopReason));
        Assert.Equal(3, Training(again).Length);
    }

    [Fact]
    public void Fit_CancelledInTrainingWithReturnBest_ReturnsItAndCanGoOn()
    {
        string whole = Run().History.WeightsSha256;
        using CancellationTokenSource cancellation = new();
        TrainingHistory cancelled = Run(options =>
        {
            (options.OnCancel, options.WorkspacePath, options.CancellationToken) = (CancelAction.ReturnBest, _folder.Path,
                cancellation.Token);
            options.MetricsCallback = report => CancelAt(report, TrainingPhase.Training, 3, cancellation);
        }).History;
        Assert.Equal(StopReason.Cancelled, cancelled.StopReason);
        EpochMetrics[] epochs = Training(cancelled);
        Assert.Equal(3, epochs.Length);
        Assert.Equal(epochs.MaxBy(epoch => epoch.ValidationAccuracy)!.Epoch, cancelled.ReturnedEpoch);

        Assert.Equal(whole, Run(options => options.WorkspacePath = _folder.Path).History.WeightsSha256);
    }

    [Fact]
    public void Fit_CancelledInSearchWithReturnBest_Throws()
    {
        using CancellationTokenSource cancellation = new();
        Assert.ThrowsAny<OperationCanceledException>(() => Run(options =>
        {
            (options.OnCancel, options.CancellationToken) = (CancelAction.ReturnBest, cancellation.Token);
            options.MetricsCallback = report => CancelAt(report, TrainingPhase.Search, 1, cancellation);
        }));
    }

    [Theory]
    [InlineData(false, "the start of the phase")]
    [InlineData(true, "the last checkpoint")]
    public void Fit_LossDiverges_HalvesTheRateOnceThenSaysSo(bool workspace, string from)
    {
        List<string> messages = [];
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => Run(
            options => (options.LearningRate, options.WorkspacePath) = (1e30, workspace ? _folder.Path : null), messages));
        Assert.StartsWith("Training diverged: the loss of epoch 1 is NaN", error.Message, StringComparison.Ordinal);
        Assert.Contains("Lower the learning rate (LearningRate, now", error.Message, StringComparison.Ordinal);
        Assert.Single(messages, message => message.Contains($"Going back to {from} with half the learning rate.",
            StringComparison.Ordinal));
    }

    private static void CancelAt(TrainingProgress report, TrainingPhase phase, int epoch, CancellationTokenSource cancellation)
    {
        if (report.EpochEnd && report.Phase == phase && report.Epoch == epoch)
            cancellation.Cancel();
    }

    private static EpochMetrics[] Training(TrainingHistory history)
        => [.. history.Epochs.Where(epoch => epoch.Phase == TrainingPhase.Training)];

    private static PcDartsTransformer Run(Action<PcDartsTrainer.Options>? change = null, List<string>? log = null)
    {
        MLContext ml = new(seed: 3);
        ml.Log += (_, entry) => log?.Add(entry.Message);
        PcDartsTrainer.Options options = Quick();
        change?.Invoke(options);
        return Fit(ml, options, Views(ml, 30, out _));
    }
}
