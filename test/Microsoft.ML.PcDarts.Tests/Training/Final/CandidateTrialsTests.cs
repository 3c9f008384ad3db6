using static Microsoft.ML.PcDarts.Tests.ColorPictures;

namespace Microsoft.ML.PcDarts.Tests.Training.Final;

public sealed class CandidateTrialsTests
{
    [Fact]
    public void Fit_SeveralCandidates_TrainsTheOneThatLearnsBest()
    {
        List<TrainingProgress> reports = [];
        PcDartsTransformer model = Run(options =>
        {
            // 168 steps, 84 for candidates
            (options.SearchCandidates, options.CandidateTimeShare, options.Epochs, options.BatchSize, options.MetricsCallback) = (4, 0.5,
                14, 2, reports.Add);
            options.ReportInterval = TimeSpan.Zero;
        });

        EpochMetrics[] tried = [.. model.History.Epochs.Where(epoch => epoch.Phase == TrainingPhase.Selection)];
        Assert.Equal([1, 2, 3, 4], tried.Select(candidate => candidate.Epoch));
        Assert.Equal(4, tried.Select(candidate => candidate.Genotype).Distinct().Count());
        Assert.Equal(tried.MinBy(candidate => candidate.Loss)!.Genotype, model.Genotype);
        // The first is what the search decodes to.
        Assert.Equal(model.History.Epochs.Last(epoch => epoch.Phase == TrainingPhase.Search).Genotype, tried[0].Genotype);
        TrainingProgress[] shown = [.. reports.Where(report => report.Phase == TrainingPhase.Selection)];
        Assert.All(shown, report => Assert.True(report.Step <= report.Steps && report is { Epochs: 4, Loss: > 0, Remaining: not null },
            report.ToString()));
        Assert.Equal(shown.OrderBy(report => report.Epoch).ThenBy(report => report.Step), shown);
        Assert.InRange(shown.Length, 80, 88);
        // All pictures of a trial count; the time between two ends has the building of a network, too.
        TrainingProgress[] ends = [.. shown.Where(report => report.EpochEnd)];
        Assert.All(ends.Zip(ends.Skip(1)),
            pair => Assert.True(pair.Second.ImagesPerSecond
                > pair.Second.Step * 2 / (pair.Second.Elapsed - pair.First.Elapsed).TotalSeconds));
    }

    [Fact]
    public void Fit_StepsEnoughForASecondRound_TriesTheBestThirdAgainThreeTimesAsLong()
    {
        List<TrainingProgress> ends = [];
        PcDartsTransformer model = Run(options =>
        {
            // 528 steps, 264 for candidates: 13 times 20
            (options.SearchCandidates, options.CandidateTimeShare, options.Epochs, options.BatchSize) = (7, 0.5, 44, 2);
            options.MetricsCallback = report => ends.AddRange(report is { Phase: TrainingPhase.Selection, EpochEnd: true }
                ? [report]
                : Array.Empty<TrainingProgress>());
        });

        Assert.Equal([20, 20, 20, 20, 20, 20, 20, 60, 60], ends.Select(end => end.Step));
        Assert.All(ends, end => Assert.Equal(9, end.Epochs));
        Assert.Equal(ends.Take(7).OrderBy(end => end.Loss).Take(2).Select(end => end.Genotype), ends.Skip(7).Select(end => end.Genotype));
        Assert.Equal(ends.MinBy(end => end.Loss)!.Genotype, model.Genotype);
        // All pictures of a trial count, and building its network, which is in the difference, does not.
        Assert.All(ends.Zip(ends.Skip(1)),
            pair => Assert.True(pair.Second.ImagesPerSecond
                > pair.Second.Step * 2 / (pair.Second.Elapsed - pair.First.Elapsed).TotalSeconds));
    }

    [Fact]
    public void Fit_OneCandidate_TriesNothing()
    {
        PcDartsTransformer model = Run(options => options.SearchCandidates = 1);
        Assert.DoesNotContain(model.History.Epochs, epoch => epoch.Phase == TrainingPhase.Selection);
        Assert.Equal(model.History.Epochs.Last(epoch => epoch.Phase == TrainingPhase.Search).Genotype, model.Genotype);
    }

    [Fact]
    public void Fit_CandidatesDiverge_AreLeftOut()
    {
        List<string> messages = [];
        // The rate of the search is its own, so only trials and training diverge.
        Assert.Throws<InvalidOperationException>(
            () => Run(options => (options.SearchCandidates, options.CandidateTimeShare, options.Epochs, options.BatchSize,
                options.LearningRate) = (2, 0.5, 7, 2, 1e30), messages));
        Assert.Contains(messages, message => message.Contains("Candidate 1 of 2 is left out: Selection diverged",
            StringComparison.Ordinal));
        Assert.Contains(messages, message => message.Contains("Candidate 2 of 2 is left out: Selection diverged",
            StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(6, null)] // 9 steps
    [InlineData(100_000, 10.0)] // 0.1 of a second, 10 readings of the clock
    public void Fit_TooLittleForAComparison_TrainsTheDecodedOne(int epochs, double? seconds)
    {
        MLContext ml = new(seed: 3);
        PcDartsTrainer.Options options = Quick();
        (options.SearchCandidates, options.CandidateTimeShare, options.Epochs) = (100, seconds is null ? 0.5 : 0.01, epochs);
        options.TimeBudget = seconds is { } budget ? TimeSpan.FromSeconds(budget) : null;
        PcDartsTransformer model = FitOnFakeClock(ml, options, Views(ml, 30, out _));
        Assert.DoesNotContain(model.History.Epochs, epoch => epoch.Phase == TrainingPhase.Selection);
        Assert.Equal(model.History.Epochs.Last(epoch => epoch.Phase == TrainingPhase.Search).Genotype, model.Genotype);
    }

    [Fact]
    public void Fit_GivenGenotype_TriesNothing()
    {
        PcDartsTransformer model = Run(options => (options.SearchCandidates, options.Genotype) = (3, KnownGenotypes.PcDartsCifar));
        Assert.All(model.History.Epochs, epoch => Assert.Equal(TrainingPhase.Training, epoch.Phase));
    }

    private static PcDartsTransformer Run(Action<PcDartsTrainer.Options> change, List<string>? log = null)
    {
        MLContext ml = new(seed: 3);
        ml.Log += (_, entry) => log?.Add(entry.Message);
        PcDartsTrainer.Options options = Quick();
        change(options);
        return FitOnFakeClock(ml, options, Views(ml, 30, out _));
    }
}
