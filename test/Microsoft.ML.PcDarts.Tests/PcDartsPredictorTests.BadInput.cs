using Microsoft.ML.PcDarts.Tests.Scoring;

namespace Microsoft.ML.PcDarts.Tests;

/// <content>Files that are damaged, too large, no files, or turned.</content>
public sealed partial class PcDartsPredictorTests
{
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.6)]
    [InlineData(0.98)]
    public void Predict_DamagedFile_NamesItOrSkipsIt(double keep)
    {
        byte[] whole = File.ReadAllBytes(_saved.Files[1]);
        string bad = _saved.File("bad.jpg"), missing = _saved.File("missing.png");
        File.WriteAllBytes(bad, whole[..(int)(keep * whole.Length)]);
        string[] paths = [_saved.Files[0], bad, _saved.Files[1], missing];
        using var strict = PcDartsPredictor.Load(_saved.Zip);
        using var lenient = PcDartsPredictor.Load(_saved.Zip, new PcDartsPredictor.Options { BadImages = BadImageHandling.Skip });

        Assert.Contains($"'{bad}'", Assert.Throws<InvalidDataException>(() => strict.Predict(paths)).Message);
        Assert.Contains($"'{bad}'", Assert.Throws<InvalidDataException>(() => strict.Predict(bad)).Message);
        Assert.Equal(missing, Assert.Throws<FileNotFoundException>(() => strict.Predict(missing)).FileName);
        IReadOnlyList<PcDartsPrediction> predictions = lenient.Predict(paths);
        Assert.Equal([null, bad, null, missing],
            predictions.Select((prediction, i) => prediction.Error?.Contains($"'{paths[i]}'") == true ? paths[i] : null));
        Assert.Equal(["", ""], [predictions[1].Label, predictions[3].Label]);
        Assert.Equal(2, lenient.SkippedImages);
        float[][] expected = _saved.ExpectedScores();
        SavedPipeline.AssertPredictions([expected[0], expected[1]], [predictions[0], predictions[2]]);
    }

    [Fact]
    public void Predict_PictureBeyondMaximumPixels_IsRefusedBeforeItIsDecoded()
    {
        using PictureFolder folder = new();
        string bomb = folder.File("bomb.png", Pictures.PngHeader(30_000, 30_000));
        using var usual = PcDartsPredictor.Load(_saved.Zip);
        Assert.Contains("is of 30,000×30,000 pixels", Assert.Throws<InvalidDataException>(() => usual.Predict(bomb)).Message,
            StringComparison.Ordinal);
        string picture = folder.Picture("large.png", 20, 20);
        using var lenient = PcDartsPredictor.Load(_saved.Zip, new PcDartsPredictor.Options
        {
            MaximumPixels = 399,
            BadImages = BadImageHandling.Skip,
        });
        Assert.Contains("MaximumPixels allows 399", lenient.Predict(picture).Error, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => PcDartsPredictor.Load(_saved.Zip, new PcDartsPredictor.Options { MaximumPixels = 0 }));
    }

    [SkippableFact]
    public void Predict_NamedPipe_IsRefusedAndNotOpened()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Pipes lie in folders on Unix, and are told by statx on Linux.");
        using PictureFolder folder = new();
        string pipe = Path.Combine(folder.Path, "cam.jpg");
        Shell.Run("mkfifo \"$0\"", pipe);
        using var predictor = PcDartsPredictor.Load(_saved.Zip);
        Assert.Contains("is a named pipe", Assert.Throws<InvalidDataException>(() => predictor.Predict(pipe)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void TurnedImages_CountsFilesThatSayTheyAreTurned()
    {
        using PictureFolder folder = new();
        byte[] jpeg = Pictures.Noise(16, 16, 1, SkiaSharp.SKEncodedImageFormat.Jpeg);
        using var predictor = PcDartsPredictor.Load(_saved.Zip);
        _ = predictor.Predict([folder.File("a.jpg", jpeg), folder.File("b.jpg", Pictures.WithOrientation(jpeg, 8)),
            folder.File("c.jpg", Pictures.WithOrientation(jpeg, 1))]);
        Assert.Equal(1, predictor.TurnedImages);
    }
}
