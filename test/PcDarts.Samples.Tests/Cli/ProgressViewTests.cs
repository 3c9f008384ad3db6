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
        Assert.Equal("epoch 3/20, loss 1.234, accuracy 45.6 %, 812 images/s, 2:05 left", ProgressView.Describe(Training with { Loss = 1.2341 }));

    [Fact]
    public void Describe_EpochEnd_ShowsValidation() =>
        Assert.Contains("validation 91.0 %", ProgressView.Describe(Training with { ValidationAccuracy = 0.91, EpochEnd = true }), StringComparison.Ordinal);

    [Fact]
    public void Describe_Reading_CountsPictures() => Assert.Equal("5/10 pictures", ProgressView.Describe(
        new TrainingProgress { Phase = TrainingPhase.Reading, Step = 5, Steps = 10, Elapsed = TimeSpan.Zero }));

    [Fact]
    public void Share_MidEpoch_CountsSteps() => Assert.Equal(2.5 / 20, ProgressView.Share(Training), 10);
}
