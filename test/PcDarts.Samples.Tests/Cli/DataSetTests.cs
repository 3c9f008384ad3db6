using System.Text.Json.Nodes;
using PcDarts.Cli.Shapes;
using SkiaSharp;

namespace PcDarts.Samples.Tests.Cli;

/// <summary>The messages of the commands about imperfect folders of pictures.</summary>
[Collection(nameof(FitCollection))]
public sealed class DataSetTests(FitFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Fit_Always_PrintsTheClassCounts()
    {
        Assert.Contains($"144 training pictures of 6 classes in {fixture.Train}: circle 24, cross 24, ring 24, square 24, "
            + "star 24, triangle 24\n", fixture.Fit.Errors, StringComparison.Ordinal);
        Assert.Contains($"60 test pictures of 6 classes in {fixture.Test}: circle 10", fixture.Fit.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("training pictures too", fixture.Fit.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_TestPicturesOfTheTraining_Warns()
    {
        ShapeDataset.Write(_folder.FullPath, 3, 3, seed: 1);
        File.Copy(_folder["train", "star", "0001.png"], _folder["test", "star", "copy.png"]);
        File.Copy(_folder["train", "ring", "0002.png"], _folder["test", "ring", "copy.png"]);

        CliResult result = CliProcess.Run("fit", "--train", _folder["train"], "--test", _folder["test"], "--recipe", "tiny", "--gpu", "99",
            "--out", _folder["out"]);

        Assert.Contains("warning: --test: 2 of 20 test pictures are training pictures too, byte for byte, such as ", result.Errors,
            StringComparison.Ordinal);
        Assert.Contains($"'{_folder["test", "ring", "copy.png"]}', which is '{_folder["train", "ring", "0002.png"]}'", result.Errors,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_Archive_SaysToUnpackIt()
    {
        File.WriteAllBytes(_folder["photos.zip"], [0x50, 0x4B, 0x03, 0x04]);

        CliResult result = CliProcess.Run("fit", "--train", _folder["photos.zip"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("--train: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains("photos.zip' is a file", result.Errors, StringComparison.Ordinal);
        Assert.Contains("Unpack it", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_ClassWithoutTestPictures_HasNoRecall()
    {
        Copy(fixture.Test, _folder["test"]);
        Directory.Delete(_folder["test", "star"], recursive: true);

        CliResult result = CliProcess.Run("evaluate", fixture.Out, "--test", _folder["test"], "--json");

        Assert.True(result.ExitCode == 0, result.Errors);
        JsonObject star = result.Json["classes"]!.AsArray().Select(one => one!.AsObject()).Single(one => (string?)one["name"] == "star");
        Assert.True(star.ContainsKey("recall"));
        Assert.Null(star["recall"]);
        Assert.Contains("has no pictures of star", result.Errors, StringComparison.Ordinal);
        double[] recalls = [.. result.Json["classes"]!.AsArray().Where(one => one!["recall"] is not null)
            .Select(one => (double)one!["recall"]!)];
        Assert.Equal(5, recalls.Length);
        Assert.Equal(recalls.Average(), (double)result.Json["macroAccuracy"]!, 6);
    }

    [Fact]
    public void Evaluate_BadPictures_AreListedOrSkipped()
    {
        Copy(fixture.Test, _folder["test"]);
        foreach (string name in (string[])["star", "ring"])
            File.WriteAllText(_folder["test", name, "bad.png"], "no picture");

        CliResult refused = CliProcess.Run("evaluate", fixture.Model, "--test", _folder["test"]);
        CliResult skipped = CliProcess.Run("evaluate", fixture.Model, "--test", _folder["test"], "--skip-bad-images", "--json");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("--test: 2 of 62 pictures cannot be read. ", refused.Errors, StringComparison.Ordinal);
        foreach (string name in (string[])["star", "ring"])
            Assert.Contains($"'{_folder["test", name, "bad.png"]}'", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("give --skip-bad-images", refused.Errors, StringComparison.Ordinal);
        Assert.True(skipped.ExitCode == 0, skipped.Errors);
        Assert.Equal((60, 2), ((int)skipped.Json["testPictures"]!, (int)skipped.Json["skippedTestPictures"]!));
        Assert.Equal((double)fixture.Fit.Json["accuracy"]!, (double)skipped.Json["accuracy"]!);
        Assert.Contains("warning: --test: 2 of 62 pictures cannot be read and are left out. ", skipped.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_BadTestPicture_IsSkippedAndCounted()
    {
        ShapeDataset.Write(_folder.FullPath, 4, 2, seed: 1);
        File.WriteAllText(_folder["train", "star", "bad.png"], "no picture");
        File.WriteAllText(_folder["test", "star", "bad.png"], "no picture");

        CliResult result = CliProcess.Run("fit", "--train", _folder["train"], "--test", _folder["test"], "--skip-bad-images", "--recipe",
            "tiny", "--out", _folder["out"], "--json");

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Equal((1, 1, 12), ((int)result.Json["skippedPictures"]!, (int)result.Json["skippedTestPictures"]!,
            (int)result.Json["testPictures"]!));
        Assert.Equal(0, CliProcess.Run("report", _folder["out"]).ExitCode);
    }

    [Fact]
    public void Predict_FolderAndFiles_Agree()
    {
        string picture = Directory.GetFiles(Path.Combine(fixture.Test, "star"))[0];
        Directory.CreateDirectory(_folder["new"]);
        foreach (string name in (string[])["a.JFIF", "b.jpe", "c.png"])
            File.Copy(picture, _folder["new", name]);
        File.WriteAllText(_folder["new", "d.heic"], "another format");

        CliResult folder = CliProcess.Run(_folder.FullPath, ["predict", "new", "--model", fixture.Out]);
        CliResult files = CliProcess.Run(_folder.FullPath, ["predict", "new/a.JFIF", "new/b.jpe", "new/c.png", "--model", fixture.Model]);

        Assert.True(folder.ExitCode == 0, folder.Errors);
        Assert.Equal(3, folder.Output.TrimEnd().Split('\n').Length);
        Assert.Equal(files.Output, folder.Output);
        Assert.Contains(".heic", folder.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Predict_TurnedPicture_Warns()
    {
        using SKBitmap star = SKBitmap.Decode(Directory.GetFiles(Path.Combine(fixture.Test, "star"))[0]);
        byte[] jpeg = star.Encode(SKEncodedImageFormat.Jpeg, 95).ToArray();
        byte[] exif = [.. "Exif\0\0MM\0*\0\0\0\x08\0\x01"u8, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
        File.WriteAllBytes(_folder["upright.jpg"], jpeg);
        File.WriteAllBytes(_folder["turned.jpg"], [.. jpeg[..2], 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. jpeg[2..]]);

        CliResult result = CliProcess.Run(_folder.FullPath, ["predict", "upright.jpg", "turned.jpg", "--model", fixture.Model, "--json"]);

        Assert.Equal(1, (int)result.Json["turnedPictures"]!);
        Assert.Contains("1 of 2 pictures say by their EXIF orientation", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Predict_FolderWithoutModel_SaysWhatIsMissing()
    {
        string picture = Directory.GetFiles(Path.Combine(fixture.Test, "star"))[0];

        CliResult result = CliProcess.Run("predict", picture, "--model", fixture.Test);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"'{fixture.Test}' is a folder without a model.zip", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_AndFit_TellTheIntervalOfAnAccuracy()
    {
        JsonObject json = fixture.Fit.Json;

        Assert.InRange((double)json["accuracy"]!, (double)json["accuracyInterval"]![0]!, (double)json["accuracyInterval"]![1]!);
        Assert.InRange((double)json["validationAccuracy"]!, (double)json["validationAccuracyInterval"]![0]!,
            (double)json["validationAccuracyInterval"]![1]!);
        Assert.Equal(60, (int)json["testPictures"]!);
        Assert.Contains($" of {(int)json["validationPictures"]!}; 95 % interval ", fixture.Fit.Errors, StringComparison.Ordinal);
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
