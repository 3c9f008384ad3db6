using System.Text.RegularExpressions;
using Microsoft.ML.PcDarts.Reports;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Tests.Reports;

public sealed class ReportPageTests : IDisposable
{
    private const string Refresh = "http-equiv=\"refresh\"";
    private readonly ReportFolder _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void Write_BeforeTheFirstEpoch_RefreshesItselfAndSaysSo()
    {
        ReportPage.Write(_run.Path, running: true);
        Assert.Contains(Refresh, _run.Page, StringComparison.Ordinal);
        Assert.Contains("No step is done yet.", _run.Page, StringComparison.Ordinal);
        Assert.Contains("a &lt;machine&gt;", _run.Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_MidSearch_ShowsWhatItWouldFindNow()
    {
        _run.AddSearchEpoch(1);
        _run.AddSearchEpoch(2);
        ReportPage.Write(_run.Path, running: true);
        Assert.Contains(Refresh, _run.Page, StringComparison.Ordinal);
        Assert.Contains("What the search would find if it ended now.", _run.Page, StringComparison.Ordinal);
        Assert.Contains("Search, epoch 2 of 5", _run.Page, StringComparison.Ordinal);
        Assert.Contains("\"epochs\":[1,2]", _run.Page, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(_run.Page, "<table class=\"heat\""));
    }

    [Fact]
    public void Write_MidSearch_MarksKeptEdgesAndShadesBySoftmax()
    {
        _run.AddSearchEpoch(1, favourite: Primitive.SepConv3x3);
        ReportPage.Write(_run.Path, running: true);

        // e³ / (e³ + 7) of the first edge's weight; both cells keep two edges for each of four nodes.
        Assert.Contains(">74.2</td>", _run.Page, StringComparison.Ordinal);
        Assert.Equal(16, Regex.Count(_run.Page, "<td class=\"kept\""));
    }

    [Fact]
    public void Write_Candidates_MarksTheBestAndDrawsIt()
    {
        _run.AddSearchEpoch(1);
        _run.AddCandidate(1, KnownGenotypes.PcDartsCifar, loss: 1.9);
        _run.AddCandidate(2, KnownGenotypes.DartsV2, loss: 1.7);
        _run.AddCandidate(3, KnownGenotypes.PcDartsImageNet, loss: 1.8);
        ReportPage.Write(_run.Path, running: true);
        Assert.Contains("Candidate 3 of 3, step 20 of 20", _run.Page, StringComparison.Ordinal);
        Assert.Contains(">Candidate 1</th><td>loss 1.900, accuracy 25.0 %, 40 pictures/s</td>", _run.Page, StringComparison.Ordinal);
        Assert.Contains(">Candidate 2, the best so far</th>", _run.Page, StringComparison.Ordinal);
        Assert.Contains("The best candidate so far.", _run.Page, StringComparison.Ordinal);
        Assert.Equal(KnownGenotypes.DartsV2, PcDartsRun.Open(_run.Path).Genotype);

        _run.AddCandidate(4, KnownGenotypes.PcDartsImageNet, loss: 1.4);
        _run.AddTrainingEpoch(1);
        ReportPage.Write(_run.Path, running: true);
        Assert.Contains(">Candidate 3, longer, chosen</th>", _run.Page, StringComparison.Ordinal);
        Assert.Equal(KnownGenotypes.PcDartsImageNet, PcDartsRun.Open(_run.Path).Genotype);
    }

    [Fact]
    public void Write_MidTrainingWithoutAProcess_IsInterrupted()
    {
        _run.AddSearchEpoch(1);
        _run.AddTrainingEpoch(1);
        PcDartsReport.Write(_run.Path);
        Assert.DoesNotContain(Refresh, _run.Page, StringComparison.Ordinal);
        Assert.Contains(">interrupted</span>", _run.Page, StringComparison.Ordinal);
        Assert.Contains("Training, epoch 1 of 6", _run.Page, StringComparison.Ordinal);
        Assert.Contains("validation pictures", _run.Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ProcessAtWork_RefreshesItself()
    {
        using Workspace workspace = Workspace.Open(_run.Path);
        PcDartsReport.Write(_run.Path);
        Assert.Contains(Refresh, _run.Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_FinishedWithOddClassNames_EncodesThem()
    {
        string[] classes = ["<u>&\"", "</script>", "plain"];
        _run.AddSearchEpoch(1);
        _run.AddTrainingEpoch(6);
        _run.AddResult(classes);
        new RunPredictions("w", [new("/x/<i>.png", classes[0], classes[1], 0.9f), new("/x/2.png", classes[2], classes[2], 0.8f)])
            .Write(_run.Path);

        ReportPage.Write(_run.Path, running: true);

        Assert.DoesNotContain(Refresh, _run.Page, StringComparison.Ordinal);
        Assert.Contains(">finished</span>", _run.Page, StringComparison.Ordinal);
        Assert.DoesNotContain("<u>", _run.Page, StringComparison.Ordinal);
        Assert.DoesNotContain("<i>.png", _run.Page, StringComparison.Ordinal);
        Assert.Contains("&lt;u&gt;&amp;&quot;", _run.Page, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(_run.Page, "</script>")); // the numbers of the slider, and the script
        Assert.Contains("The picture is gone.", _run.Page, StringComparison.Ordinal);
        Assert.Contains("Test accuracy</dt><dd>50.0", _run.Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_VerdictAndWarnings_StandAtTheTop()
    {
        _run.AddTrainingEpoch(6);
        _run.AddResult(["a", "b", "c"], verdict: new RunVerdict
        {
            Evidence = ArchitectureEvidence.None,
            FallsShort = true,
            Summary = "The architecture is <random>.",
        });
        RunWarnings.Add(_run.Path, "a <warning>");
        PcDartsReport.Write(_run.Path);
        string top = _run.Page[..(_run.Page.IndexOf("<dl class=\"tiles\">", StringComparison.Ordinal) + 1)];
        Assert.Contains("<div class=\"verdict short\"><strong>Verdict</strong> The architecture is &lt;random&gt;.</div>", top,
            StringComparison.Ordinal);
        Assert.Contains("<li>a &lt;warning&gt;</li>", top, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_FewPictures_GivesTheInterval()
    {
        _run.AddTrainingEpoch(6);
        _run.AddResult(["a", "b", "c"]);
        PcDartsReport.Write(_run.Path);
        Assert.Contains("3 of 6 pictures; 95\u00a0% interval 18.8 to 81.2\u00a0%", _run.Page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3.2, false)] // below three times ln 3
    [InlineData(78.5, true)]
    public void Write_ValidationLossFarOff_IsExplained(double loss, bool explained)
    {
        _run.AddTrainingEpoch(3, validationLoss: loss);
        _run.AddResult(["a", "b", "c"]);
        PcDartsReport.Write(_run.Path);
        Assert.Equal(explained, _run.Page.Contains("running statistics of batch norm", StringComparison.Ordinal));
    }

    [Fact]
    public void Write_StoppedEarly_SaysWhyAndWhichEpochTheModelIs()
    {
        _run.AddTrainingEpoch(4);
        _run.AddResult(["a", "b", "c"], stopped: StopReason.EarlyStopping);
        PcDartsReport.Write(_run.Path);
        Assert.Contains("validation had stopped improving; the model has the weights of epoch 4.", _run.Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_CancelledWithItsBest_SaysSoUntilItGoesOn()
    {
        _run.AddTrainingEpoch(3);
        _run.AddResult(["a", "b", "c"], stopped: StopReason.Cancelled);
        PcDartsReport.Write(_run.Path);
        Assert.Contains(">cancelled</span>", _run.Page, StringComparison.Ordinal);
        Assert.Contains("its model has the weights of epoch 3", _run.Page, StringComparison.Ordinal);
        using Workspace workspace = Workspace.Open(_run.Path);
        PcDartsReport.Write(_run.Path);
        Assert.Contains(">running</span>", _run.Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ResultOfAnotherRun_IsLeftOut()
    {
        _run.AddTrainingEpoch(1);
        _run.AddResult(["a", "b", "c"], elapsed: TimeSpan.FromSeconds(5));
        Assert.Null(PcDartsRun.Read(_run.Path, running: false).Result);
    }

    [Fact]
    public void Read_PredictionsOfAnotherModel_AreLeftOut()
    {
        _run.AddTrainingEpoch(6);
        _run.AddResult(["a", "b", "c"]);
        new RunPredictions("other", [new("/x/2.png", "a", "a", 0.8f)]).Write(_run.Path);
        PcDartsRun report = PcDartsRun.Read(_run.Path, running: false);
        Assert.Equal(PcDartsRunState.Finished, report.State);
        Assert.Null(report.Predictions);
    }

    [Fact]
    public void Write_GenotypeGiven_DrawsItAndTellsThatThereWasNoSearch()
    {
        using var run = new ReportFolder(given: KnownGenotypes.PcDartsCifar);
        run.AddTrainingEpoch(1);
        ReportPage.Write(run.Path, running: true);
        Assert.Contains("The architecture was given, so there was no search.", run.Page, StringComparison.Ordinal);
        Assert.Equal(KnownGenotypes.PcDartsCifar, PcDartsRun.Read(run.Path, running: true).Genotype);
        Assert.Contains("pcdarts-cells", run.Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_TornLastLine_LeavesItOut()
    {
        _run.AddTrainingEpoch(1);
        string whole = File.ReadAllText(_run.PathOf(Workspace.MetricsFile));
        _run.Write(Workspace.MetricsFile, whole + whole[..40]);
        Assert.Single(PcDartsRun.Read(_run.Path, running: true).Metrics.Epochs);
    }

    [Fact]
    public void Parse_EpochsDoneAgain_KeepsTheNewer()
    {
        foreach (int epoch in (int[])[1, 2, 3, 2])
            _run.AddTrainingEpoch(epoch);
        Assert.Equal([1, 2], PcDartsRun.Read(_run.Path, running: true).Metrics.Epochs.Select(epoch => epoch.Epoch));
    }

    [Fact]
    public void Parse_DamagedLine_LeavesItOutAndNamesFileAndLine()
    {
        _run.AddTrainingEpoch(1);
        string whole = File.ReadAllText(_run.PathOf(Workspace.MetricsFile));
        RunMetrics metrics = RunMetrics.Parse(whole + whole[..40] + "\n" + whole, "metrics.jsonl");
        Assert.Contains("Line 2 of 'metrics.jsonl' is damaged", Assert.Single(metrics.Damaged), StringComparison.Ordinal);
        Assert.Single(metrics.Epochs);
    }

    [Fact]
    public void Mistakes_Mixed_AreTheMostConfidentFirst()
    {
        var predictions = new RunPredictions("w", [new("1", "a", "b", 0.6f), new("2", "a", "a", 1), new("3", "b", "a", 0.9f)]);
        Assert.Equal(["3", "1"], predictions.Mistakes.Select(picture => picture.Path));
    }

    [Fact]
    public void Write_NoRun_SaysSo()
    {
        using var empty = new TemporaryFolder();
        Assert.Contains("There is no run in", Assert.Throws<FileNotFoundException>(() => PcDartsReport.Write(empty.Path)).Message,
            StringComparison.Ordinal);
    }
}
