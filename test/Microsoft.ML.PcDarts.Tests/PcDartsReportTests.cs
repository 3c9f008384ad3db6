using SkiaSharp;
using static Microsoft.ML.PcDarts.Tests.ColorPictures;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class PcDartsReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Fit_WithAWorkspace_LeavesTheReportOfAFinishedRunThatTakesPredictions()
    {
        MLContext ml = new(seed: 1);
        PcDartsTrainer.Options options = Quick();
        options.WorkspacePath = _folder.File("run");
        bool duringTheRun = false;
        options.MetricsCallback = report => duringTheRun |= report.EpochEnd
            && File.ReadAllText(_folder.File("run/report.html")).Contains("refresh", StringComparison.Ordinal);
        using PcDartsTransformer model = Fit(ml, options, Views(ml, 30, out _));
        string finished = File.ReadAllText(_folder.File("run/report.html"));
        Assert.True(duringTheRun);
        Assert.Contains(">finished</span>", finished, StringComparison.Ordinal);
        Assert.Contains(model.Size.Parameters.ToString("N0", System.Globalization.CultureInfo.InvariantCulture), finished,
            StringComparison.Ordinal);

        model.SaveOnnx(_folder.File("model.onnx"));
        WriteRed(_folder.File("red.png"));
        using PcDartsPredictor predictor = PcDartsPredictor.Load(_folder.File("model.onnx"));
        string page = File.ReadAllText(PcDartsReport.WritePredictions(_folder.File("run"), predictor, [(_folder.File("red.png"), "red")]));
        Assert.Contains("Confusion matrix", page, StringComparison.Ordinal);
        Assert.Contains("data:image/png;base64,", page, StringComparison.Ordinal);
    }

    [Fact]
    public void WritePredictions_ModelOfAnotherRun_SaysSo()
    {
        MLContext ml = new(seed: 1);
        PcDartsTrainer.Options options = Quick();
        (options.Epochs, options.WorkspacePath) = (1, _folder.File("run"));
        Fit(ml, options, Views(ml, 30, out _)).Dispose();
        (options.Seed, options.WorkspacePath) = (2, _folder.File("other"));
        using PcDartsTransformer other = Fit(ml, options, Views(ml, 30, out _));
        other.SaveOnnx(_folder.File("other.onnx"));
        using PcDartsPredictor predictor = PcDartsPredictor.Load(_folder.File("other.onnx"));

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(
            () => PcDartsReport.WritePredictions(_folder.File("run"), predictor, [("red.png", "red")]));

        Assert.Contains("The model is not that of the run", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("run/predictions.json")));
    }

    private static void WriteRed(string path)
    {
        using SKBitmap red = new(8, 8);
        red.Erase(SKColors.Red);
        using FileStream file = File.Create(path);
        red.Encode(file, SKEncodedImageFormat.Png, 100);
    }
}
