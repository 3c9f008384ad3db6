using Microsoft.ML.PcDarts.Runs;
using static Microsoft.ML.PcDarts.Tests.ColorPictures;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(TrainingPhase.Search, 1)]
    [InlineData(TrainingPhase.Search, 2)]
    [InlineData(TrainingPhase.Selection, 1)]
    [InlineData(TrainingPhase.Selection, 2)]
    [InlineData(TrainingPhase.Training, 1)]
    [InlineData(TrainingPhase.Training, 5)]
    public void Fit_CancelledAfterAnEpoch_GoesOnToTheSameBits(TrainingPhase phase, int epoch)
    {
        Outcome whole = Run(_folder.File("whole"));
        Assert.True(Interrupt(_folder.File("broken"), report => report.EpochEnd && report.Phase == phase && report.Epoch == epoch));
        Assert.Equal(whole, Run(_folder.File("broken")));
    }

    [Fact]
    public void Fit_CancelledBetweenAnyTwoSteps_GoesOnToTheSameBits()
    {
        Outcome whole = Run(_folder.File("whole"));
        int attempts = 0;
        // Each attempt ends at the first chance after one more step; the first report of an attempt comes after its first step.
        while (Interrupt(_folder.File("broken"), _ => true, reportEachStep: true))
            attempts++;
        Assert.InRange(attempts, 20, 200);
        Assert.Equal(whole, Run(_folder.File("broken")));
    }

    [Fact]
    public void Fit_FinishedRun_ReturnsItsModelAgain()
    {
        Outcome first = Run(_folder.File("run"));
        List<TrainingProgress> reports = [];
        Assert.Equal(first, Run(_folder.File("run"), options => options.MetricsCallback = reports.Add));
        Assert.DoesNotContain(reports, report => report.Phase != TrainingPhase.Reading);
    }

    [Fact]
    public void Fit_OtherOptions_ListsWhatDiffers()
    {
        Run(_folder.File("run"));
        DifferentRunException error = Assert.Throws<DifferentRunException>(
            () => Run(_folder.File("run"), options => (options.Epochs, options.LearningRate) = (8, 0.3)));
        Assert.Contains("Epochs is 7 in the workspace, 8 now; LearningRate is 0.2 in the workspace, 0.3 now", error.Message,
            StringComparison.Ordinal);
        Assert.Contains("another WorkspacePath", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_OtherPictures_SaysSo()
    {
        Run(_folder.File("run"));
        DifferentRunException error = Assert.Throws<DifferentRunException>(() => Run(_folder.File("run"), pictures: 33));
        Assert.Matches("Training data: 30 pictures of 8×8 in 3 classes, SHA-256 [0-9a-f]{12}… in the workspace, 33 pictures",
            error.Message);
    }

    [Fact]
    public void Fit_NoSeedGiven_KeepsThatOfTheWorkspace()
    {
        MLContext ml = new();
        PcDartsTrainer.Options options = Quick();
        options.WorkspacePath = _folder.File("run");
        string first = Fit(ml, options, Views(ml, 30, out _)).History.WeightsSha256;
        Assert.Equal(first, Fit(new MLContext(), options, Views(ml, 30, out _)).History.WeightsSha256);
    }

    [Fact]
    public void Fit_NewestCheckpointDamaged_TakesTheOlderWithAWarning()
    {
        Outcome whole = Run(_folder.File("whole"));
        Interrupt(_folder.File("broken"), report => report is { Phase: TrainingPhase.Training, Epoch: 4, EpochEnd: true });
        string[] files = [.. Directory.GetFiles(Path.Combine(_folder.File("broken"), "checkpoints"), "*.safetensors")
            .Order(StringComparer.Ordinal)];
        Assert.Equal(2, files.Length);
        using (FileStream file = File.OpenWrite(files[1]))
            file.SetLength(file.Length / 2);

        List<string> messages = [];
        Assert.Equal(whole, Run(_folder.File("broken"), log: messages));
        Assert.Contains(messages, message => message.Contains("is damaged and left out", StringComparison.Ordinal)
            && message.Contains("does not match its checksum", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_AllCheckpointsDamaged_SaysSo()
    {
        Run(_folder.File("run"));
        foreach (string file in Directory.GetFiles(Path.Combine(_folder.File("run"), "checkpoints"), "*.safetensors"))
            File.WriteAllBytes(file, [1, 2, 3]);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Run(_folder.File("run")));
        Assert.Contains("None of the checkpoints", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_SeedOfTheDescriptionEdited_IsRefused()
    {
        Interrupt(_folder.File("run"), report => report is { Phase: TrainingPhase.Training, EpochEnd: true });
        string file = Path.Combine(_folder.File("run"), Workspace.RunFile), text = File.ReadAllText(file);
        File.WriteAllText(file, text.Replace("\"seed\": 3", "\"seed\": 5", StringComparison.Ordinal));
        InvalidDataException damage = Assert.Throws<InvalidDataException>(() => Run(_folder.File("run"), options => options.Seed = 5));
        Assert.Contains($"'{file}' is damaged: its content does not match its sha256", damage.Message, StringComparison.Ordinal);

        // With a hash that fits, the checkpoints still know which run they belong to.
        File.WriteAllText(file, text);
        ReportFile.Write(file, Workspace.ReadDescription(_folder.File("run"))! with { Seed = 5 });
        DifferentRunException other = Assert.Throws<DifferentRunException>(() => Run(_folder.File("run"), options => options.Seed = 5));
        Assert.Contains("belongs to another run than 'run.json'", other.Message, StringComparison.Ordinal);

        File.Delete(file);
        InvalidDataException missing = Assert.Throws<InvalidDataException>(() => Run(_folder.File("run")));
        Assert.Contains("'run.json', which describes it, is missing", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_DamagedMetrics_GoesOnToTheSameBits()
    {
        Outcome whole = Run(_folder.File("whole"));
        Interrupt(_folder.File("broken"), report => report is { Phase: TrainingPhase.Training, Epoch: 2, EpochEnd: true });
        string file = Path.Combine(_folder.File("broken"), Workspace.MetricsFile);
        File.WriteAllText(file, File.ReadAllText(file).Replace("alphaReduce", "alphaSeduce", StringComparison.Ordinal));
        Assert.Equal(whole, Run(_folder.File("broken")));
        Assert.NotEmpty(PcDartsRun.Open(_folder.File("broken")).DamagedLines);
    }

    [Fact]
    public void Fit_WorkspaceInUse_SaysSo()
    {
        using Workspace other = Workspace.Open(_folder.File("run"));
        IOException error = Assert.Throws<IOException>(() => Run(_folder.File("run")));
        Assert.Contains("another process uses it", error.Message, StringComparison.Ordinal);
    }

    private sealed record Outcome(string Weights, Genotype Genotype, string Metrics);

    private static Outcome Run(string workspace, Action<PcDartsTrainer.Options>? change = null, int pictures = 30, List<string>? log = null)
    {
        MLContext ml = new(seed: 3);
        ml.Log += (_, entry) => log?.Add(entry.Message);
        PcDartsTrainer.Options options = Options(workspace);
        change?.Invoke(options);
        PcDartsTransformer model = Fit(ml, options, Views(ml, pictures, out _));
        return new Outcome(model.History.WeightsSha256, model.Genotype,
            string.Join('\n', model.History.Epochs.Select(epoch => epoch with { Elapsed = default, ImagesPerSecond = 0 })));
    }

    /// <returns>Whether the run was cancelled before it ended.</returns>
    private static bool Interrupt(string workspace, Func<TrainingProgress, bool> when, bool reportEachStep = false)
    {
        MLContext ml = new(seed: 3);
        using CancellationTokenSource cancellation = new();
        PcDartsTrainer.Options options = Options(workspace);
        options.CancellationToken = cancellation.Token;
        options.MetricsCallback = report =>
        {
            if (report.Phase != TrainingPhase.Reading && when(report))
                cancellation.Cancel();
        };
        if (reportEachStep)
            options.ReportInterval = TimeSpan.Zero;
        try
        {
            Fit(ml, options, Views(ml, 30, out _));
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private static PcDartsTrainer.Options Options(string workspace)
    {
        PcDartsTrainer.Options options = Quick();
        (options.WorkspacePath, options.DropPathProbability, options.AuxiliaryWeight) = (workspace, 0.2, 0.4);
        // 84 steps of training, of which two candidates get the half.
        (options.SearchCandidates, options.CandidateTimeShare, options.BatchSize, options.Epochs) = (3, 0.5, 2, 7);
        return options;
    }
}
