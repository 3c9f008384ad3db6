using System.Runtime.InteropServices;
using Microsoft.ML.PcDarts.Reports;
using SkiaSharp;
using static Microsoft.ML.PcDarts.Tests.ColourPictures;

namespace Microsoft.ML.PcDarts.Tests.Reports;

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
        options.MetricsCallback = report => duringTheRun |= report.EpochEnd && File.ReadAllText(_folder.File("run/report.html")).Contains("refresh", StringComparison.Ordinal);
        using PcDartsTransformer model = Fit(ml, options, Views(ml, 30, out _));
        string finished = File.ReadAllText(_folder.File("run/report.html"));
        Assert.True(duringTheRun);
        Assert.Contains(">finished</span>", finished, StringComparison.Ordinal);
        Assert.Contains(model.Size.Parameters.ToString("N0", System.Globalization.CultureInfo.InvariantCulture), finished, StringComparison.Ordinal);

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

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => PcDartsReport.WritePredictions(_folder.File("run"), predictor, [("red.png", "red")]));

        Assert.Contains("The model is not that of the run", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("run/predictions.json")));
    }

    [Fact]
    public void Thumbnail_LargePicture_IsMadeSmall()
    {
        using SKBitmap noise = new(1200, 800);
        byte[] pixels = new byte[noise.ByteCount];
        new Random(1).NextBytes(pixels);
        Marshal.Copy(pixels, 0, noise.GetPixels(), pixels.Length);
        using (FileStream file = File.Create(_folder.File("noise.png")))
            noise.Encode(file, SKEncodedImageFormat.Png, 100);

        string uri = Thumbnail.Of(_folder.File("noise.png"))!;

        Assert.StartsWith("data:image/jpeg;base64,", uri, StringComparison.Ordinal);
        using SKBitmap small = SKBitmap.Decode(Convert.FromBase64String(uri[(uri.IndexOf(',', StringComparison.Ordinal) + 1)..]));
        Assert.Equal((160, 107), (small.Width, small.Height));
        Assert.InRange(uri.Length, 100, 60_000);
    }

    [Fact]
    public void Thumbnail_NoPicture_IsNull()
    {
        File.WriteAllText(_folder.File("text.png"), "no picture");
        Assert.Null(Thumbnail.Of(_folder.File("text.png")));
        Assert.Null(Thumbnail.Of(_folder.File("missing.png")));
    }

    [Fact]
    public void RunIfDue_SlowAction_WaitsFiftyTimesAsLong()
    {
        var clock = new ManualTime();
        var pace = new ReportPace(clock);
        int runs = 0;
        Run(at: 0);
        Run(at: 48);
        Assert.Equal(1, runs);
        Run(at: 51);
        Assert.Equal(2, runs);

        void Run(int at)
        {
            clock.Now = TimeSpan.FromSeconds(100 + at);
            pace.RunIfDue(() =>
            {
                runs++;
                clock.Now += TimeSpan.FromSeconds(1);
            });
        }
    }

    private static void WriteRed(string path)
    {
        using SKBitmap red = new(8, 8);
        red.Erase(SKColors.Red);
        using FileStream file = File.Create(path);
        red.Encode(file, SKEncodedImageFormat.Png, 100);
    }

    private sealed class ManualTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
