using Microsoft.ML.PcDarts;
using PcDarts.Cli.Rendering;

namespace PcDarts.Samples.Tests.Cli;

public class ProgressViewTests
{
    private static readonly TrainingProgress Training = new()
    {
        Phase = TrainingPhase.Training,
        Epoch = 3,
        Epochs = 20,
        Step = 5,
        Steps = 10,
        Loss = 1.2345,
        Accuracy = 0.456,
        ImagesPerSecond = 812.4,
        Elapsed = TimeSpan.FromSeconds(30),
        Remaining = TimeSpan.FromSeconds(125),
    };

    [Fact]
    public void Describe_Training_ShowsFigures() =>
        Assert.Equal("epoch 3/20, loss 1.234, accuracy 45.6 %, 812 images/s, 2:05 left",
            ProgressView.Describe(Training with { Loss = 1.2341 }, null));

    [Fact]
    public void Describe_EpochEnd_ShowsValidation() =>
        Assert.Contains("validation 91.0 %", ProgressView.Describe(Training with { ValidationAccuracy = 0.91, EpochEnd = true }, null),
            StringComparison.Ordinal);

    [Fact]
    public void Describe_Reading_CountsPictures() => Assert.Equal("5/10 pictures", ProgressView.Describe(
        new TrainingProgress { Phase = TrainingPhase.Reading, Step = 5, Steps = 10, Elapsed = TimeSpan.Zero }, null));

    [Fact]
    public void Share_MidEpoch_CountsSteps() => Assert.Equal(2.5 / 20, ProgressView.Share(Training), 10);

    [Theory]
    [InlineData(TrainingPhase.Search, null, "2:05 left to search")]
    [InlineData(TrainingPhase.Selection, null, "2:05 left to try")]
    [InlineData(TrainingPhase.Search, 600, "9:30 left in all")]
    [InlineData(TrainingPhase.Reading, 600, "9:30 left in all")]
    [InlineData(TrainingPhase.Search, 20, "0:00 left in all")]
    [InlineData(TrainingPhase.Training, 600, "2:05 left")]
    [InlineData(TrainingPhase.Training, 60, "0:30 left")]
    public void Describe_TimeLeft_IsThatOfTheRunWhereItIsKnown(TrainingPhase phase, int? budget, string left) =>
        Assert.EndsWith($", {left}", ProgressView.Describe(Training with { Phase = phase },
            budget is { } seconds ? TimeSpan.FromSeconds(seconds) : null), StringComparison.Ordinal);

    [Theory]
    [InlineData(120, 20, "epoch 3/20, loss 1.234, accuracy 45.6 %, 812 images/s, 2:05 left")]
    [InlineData(80, 15, "epoch 3/20, loss 1.234, accuracy 45.6 %, 2:05 left")]
    [InlineData(60, 12, "epoch 3/20, loss 1.234, 2:05 left")]
    [InlineData(42, 6, "epoch 3/20, 2:05 left")]
    [InlineData(20, 6, "")]
    public void Fit_NarrowTerminal_ShrinksTheBarThenLeavesFiguresOut(int width, int bar, string figures)
    {
        ProgressLine line = new("Train", 0.5, ProgressView.Figures(Training with { Loss = 1.2341 }, null));

        Assert.Equal((bar, figures), line.Fit(width));
    }
}
