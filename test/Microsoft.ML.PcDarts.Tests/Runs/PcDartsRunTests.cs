using Microsoft.ML.PcDarts.Runs;
using Microsoft.ML.PcDarts.Tests.Reports;

namespace Microsoft.ML.PcDarts.Tests.Runs;

public sealed class PcDartsRunTests : IDisposable
{
    private readonly ReportFolder _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void Open_Interrupted_TellsOptionsAndEpochs()
    {
        _run.AddSearchEpoch(1);
        _run.AddTrainingEpoch(1);
        _run.AddTrainingEpoch(2);

        PcDartsRun run = PcDartsRun.Open(_run.Path);

        Assert.Equal(PcDartsRunState.Interrupted, run.State);
        Assert.Equal((7, "cpu", 30, new string('a', DataDescription.HashLength), "6"),
            (run.Seed, run.Device, run.Pictures, run.DataSha256, run.Options["Epochs"]));
        Assert.Equal([(TrainingPhase.Search, 1), (TrainingPhase.Training, 1), (TrainingPhase.Training, 2)],
            run.Epochs.Select(epoch => (epoch.Phase, epoch.Epoch)));
        Assert.Equal(2, run.Last!.Epoch);
        Assert.Equal(0.5, run.ValidationAccuracy);
        Assert.Equal(KnownGenotypes.PcDartsCifar, run.Genotype);
        Assert.Null(run.History);
        Assert.Null(run.TestAccuracy);
    }

    [Fact]
    public void Open_Finished_TellsResultAndTestAccuracy()
    {
        _run.AddTrainingEpoch(6);
        _run.AddResult(["a", "b", "c"]);
        new RunPredictions("w", [new("/1.png", "a", "b", 0.9f), new("/2.png", "c", "c", 0.8f)]).Write(_run.Path);

        PcDartsRun run = PcDartsRun.Open(_run.Path);

        Assert.Equal(PcDartsRunState.Finished, run.State);
        Assert.Equal((0.5, 2), (run.TestAccuracy, run.TestPictures));
        Assert.Equal(["a", "b", "c"], run.ClassNames);
        Assert.Equal(run.History!.Size, NetworkSize.Of(run.Genotype!, run.Shape!));
    }

    [Fact]
    public void Open_ProcessAtWork_IsRunning()
    {
        using Workspace workspace = Workspace.Open(_run.Path);
        Assert.Equal(PcDartsRunState.Running, PcDartsRun.Open(_run.Path).State);
    }

    [Fact]
    public void Open_EpochWithoutLoss_LeavesTheLineOutAndNamesIt()
    {
        _run.Write(Workspace.MetricsFile, "{\"phase\":\"Training\",\"epoch\":1,\"elapsed\":\"00:00:01\",\"epochEnd\":true}\n");
        PcDartsRun run = PcDartsRun.Open(_run.Path);
        Assert.Empty(run.Epochs);
        Assert.Contains($"Line 1 of '{_run.PathOf(Workspace.MetricsFile)}' is damaged", Assert.Single(run.DamagedLines),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Open_DamagedName_LeavesTheLineOutAndKeepsTheOthers()
    {
        _run.AddSearchEpoch(1);
        _run.AddSearchEpoch(2);
        string[] lines = File.ReadAllLines(_run.PathOf(Workspace.MetricsFile));
        _run.Write(Workspace.MetricsFile,
            lines[0].Replace("alphaReduce", "alphaSeduce", StringComparison.Ordinal) + "\n" + lines[1] + "\n");

        PcDartsReport.Write(_run.Path);

        Assert.Equal(2, Assert.Single(PcDartsRun.Open(_run.Path).Epochs).Epoch);
        Assert.Contains("Line 1 of", _run.Page, StringComparison.Ordinal);
        Assert.Contains("alphaSeduce", _run.Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ControlCharactersInNames_ReadsThemAsTheyAre()
    {
        string[] classes = ["a\u001b[31m\r\n\0", "b\"\\\u2028\u007f", "c\u202e"];
        _run.AddTrainingEpoch(6);
        _run.AddResult(classes);
        new RunPredictions("w", [new("/1\u0007.png", classes[0], classes[1], 0.9f)]).Write(_run.Path);
        foreach (string file in (string[])[RunResult.FileName, RunPredictions.FileName])
            Assert.DoesNotContain(File.ReadAllText(_run.PathOf(file)),
                letter => char.IsControl(letter) && letter is not ('\n' or '\r' or '\u007f'));

        PcDartsRun run = PcDartsRun.Open(_run.Path);

        Assert.Equal(classes, run.ClassNames);
        Assert.Equal(new PicturePrediction("/1\u0007.png", classes[0], classes[1], 0.9f), Assert.Single(run.Predictions!.Pictures));
    }

    [Fact]
    public void Open_DescriptionOfVersion1_NamesTheVersion()
    {
        string file = _run.PathOf(Workspace.RunFile);
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"version\": 2", "\"version\": 1", StringComparison.Ordinal));
        Assert.Contains("has version 1 of its format, and this version of the library reads version 2",
            Assert.Throws<InvalidDataException>(() => PcDartsRun.Open(_run.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_DamagedGenotypeOption_NamesTheFile()
    {
        string file = _run.PathOf(Workspace.RunFile);
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"Genotype\": \"null\"", "\"Genotype\": \"Genotype(nonsense\"",
            StringComparison.Ordinal));
        Assert.Contains(file, Assert.Throws<InvalidDataException>(() => PcDartsRun.Open(_run.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Delete_Run_LeavesOtherFilesAlone()
    {
        _run.AddTrainingEpoch(6);
        _run.AddResult(["a", "b", "c"]);
        PcDartsReport.Write(_run.Path);
        Directory.CreateDirectory(_run.PathOf(Workspace.CheckpointsFolder));
        _run.Write("model.zip", "");

        PcDartsRun.Delete(_run.Path);

        Assert.Equal(["model.zip"], Directory.GetFileSystemEntries(_run.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Delete_ProcessAtWork_IsRefused()
    {
        using Workspace workspace = Workspace.Open(_run.Path);
        Assert.Contains("another process uses it", Assert.Throws<IOException>(() => PcDartsRun.Delete(_run.Path)).Message,
            StringComparison.Ordinal);
        Assert.True(PcDartsRun.Exists(_run.Path));
    }

    [Fact]
    public void Delete_NoFolder_MakesNone()
    {
        PcDartsRun.Delete(_run.PathOf("missing"));
        Assert.False(Directory.Exists(_run.PathOf("missing")));
    }

    [Fact]
    public void Exists_FolderWithAndWithoutRun_Tells()
    {
        using TemporaryFolder empty = new();
        Assert.True(PcDartsRun.Exists(_run.Path));
        Assert.False(PcDartsRun.Exists(empty.Path));
        Assert.False(PcDartsRun.Exists(empty.File("missing")));
    }
}
