using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.PcDarts;
using PcDarts.Cli.Models;
using PcDarts.Cli.Rendering;
using PcDarts.Cli.Shapes;

namespace PcDarts.Samples.Tests.Cli;

public sealed class FitBadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Fit_MissingFolder_NamesIt() => Fails(_folder["nowhere"], _folder["nowhere"]);

    [Fact]
    public void Fit_EmptyFolder_SaysWhatIsExpected()
    {
        Directory.CreateDirectory(_folder["train"]);

        Fails(_folder["train"], "Put the pictures of each class into a sub-folder named after the class");
    }

    [Fact]
    public void Fit_OneClass_NamesIt()
    {
        ShapeDataset.Write(_folder.FullPath, 4, 0, seed: 1);
        foreach (string name in ShapeDataset.ClassNames.Skip(1))
            Directory.Delete(_folder["train", name], recursive: true);

        Fails(_folder["train"], "At least two classes are needed");
    }

    [Fact]
    public void Fit_PictureCutShort_NamesIt()
    {
        ShapeDataset.Write(_folder.FullPath, 4, 0, seed: 1);
        string picture = _folder["train", "ring", "0002.png"];
        File.WriteAllBytes(picture, File.ReadAllBytes(picture)[..^200]);

        Fails(_folder["train"], picture);
    }

    [Fact]
    public void Fit_TestClassesUnknown_FailsBeforeTraining()
    {
        ShapeDataset.Write(_folder.FullPath, 4, 1, seed: 1);
        Directory.Move(_folder["test", "star"], _folder["test", "comet"]);

        Fails(_folder["train"], "does not know: comet", "--test", _folder["test"]);
    }

    [Theory]
    [InlineData("--time-budget", "5x")]
    [InlineData("--recipe", "huge")]
    [InlineData("--seed", "x")]
    [InlineData("--gpu", "-1")]
    [InlineData("--precision", "float8")]
    [InlineData("--optimizer", "adam")]
    [InlineData("--max-skip-connections", "17")]
    [InlineData("--search-patience", "0")]
    [InlineData("--early-stopping", "1.5")]
    [InlineData("--keep", "first")]
    public void Fit_BadOption_IsAUsageError(string option, string value)
    {
        CliResult result = CliProcess.Run("fit", "--train", _folder.FullPath, option, value);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"'{value}'", result.Errors, StringComparison.Ordinal);
        Assert.Contains(option, result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--search-patience", "3", "--genotype", "PC_DARTS_cifar", "is about the search, which --genotype skips")]
    [InlineData("--early-stopping", "3", "--validation-fraction", "0", "needs pictures to validate on")]
    [InlineData("--keep", "best", "--validation-fraction", "0", "needs pictures to validate on")]
    public void Fit_OptionsThatContradict_AreAUsageError(string option, string value, string other, string otherValue, string message)
    {
        CliResult result = CliProcess.Run("fit", "--train", _folder.FullPath, option, value, other, otherValue);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(option, result.Errors, StringComparison.Ordinal);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_AbsentGpu_NamesItBeforeWork()
    {
        ShapeDataset.Write(_folder.FullPath, 4, 0, seed: 1);

        Fails(_folder["train"], "--gpu 99 cannot be used", "--gpu", "99");
    }

    [Fact]
    public void Fit_TrainingFailsAfterTheSearch_KeepsTheGenotype()
    {
        ShapeDataset.Write(_folder.FullPath, 8, 0, seed: 1);
        MLContext context = new(seed: 1);
        PcDartsTrainer.Options options = PcDartsRecipe.Tiny();
        (options.LearningRate, options.SearchEpochs) = (1e30, 1); // diverges
        options.SearchWarmUpEpochs = 0;
        using OutputFolder output = new(_folder["out"]);

        Assert.Throws<InvalidOperationException>(
            () => new ModelFitter(context, new Terminal(json: true, verbose: false))
                .Fit(LabeledFolder.Open(context, _folder["train"], "--train"), options, output));

        Assert.Equal(["genotype.json"], Directory.GetFileSystemEntries(_folder["out"]).Select(Path.GetFileName));
        Assert.Equal(4, Genotype.Load(_folder["out", "genotype.json"]).Nodes);
    }

    [Fact]
    public void Fit_OptionOutOfRange_NamesItWithoutAStackTrace()
    {
        ShapeDataset.Write(_folder.FullPath, 4, 0, seed: 1);

        Fails(_folder["train"], "--validation-fraction 0.9 is out of range", "--validation-fraction", "0.9");
    }

    [SkippableFact]
    public async Task Fit_Interrupted_KeepsTheRunAndEndsWith130()
    {
        CliProcess.SkipUnlessInterruptible();
        ShapeDataset.Write(_folder.FullPath, 24, 0, seed: 1);
        using Process process = CliProcess.Start(_folder.FullPath, ["fit", "--train", "train", "--out", "out", "--json"]);
        string? line;
        do
        {
            line = await process.StandardError.ReadLineAsync();
            Assert.NotNull(line);
        }
        while (!line.StartsWith("Search", StringComparison.Ordinal));

        CliProcess.Signal(process, "INT");
        CliResult result = CliProcess.Finish(process);

        Assert.Equal(130, result.ExitCode);
        Assert.Contains("Cancelled.", result.Errors, StringComparison.Ordinal);
        Assert.Contains("PcDarts.Cli.dll resume out\n", result.Errors, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        Assert.Single(Directory.GetFiles(Path.Combine(_folder["out"], "checkpoints"), "*.json"));
        Assert.False(File.Exists(Path.Combine(_folder["out"], "model.zip")));
    }

    private void Fails(string train, string message, params string[] more)
    {
        CliResult result = CliProcess.Run(["fit", "--train", train, "--recipe", "tiny", "--out", _folder["out"], .. more]);

        Assert.Equal(1, result.ExitCode);
        string error = Assert.Single(result.Errors.TrimEnd().Split('\n'));
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.DoesNotContain("out", Entries());
    }

    private IEnumerable<string?> Entries() => Directory.GetFileSystemEntries(_folder.FullPath).Select(Path.GetFileName);
}
