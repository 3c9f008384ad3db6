using Microsoft.ML.PcDarts.Runs;
using static Microsoft.ML.PcDarts.Tests.ColorPictures;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class PcDartsTrainerVerdictTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Fit_ShortSearchWithoutTrials_SaysSoInModelRunAndReport()
    {
        MLContext ml = new(seed: 3);
        PcDartsTrainer.Options options = Quick();
        options.SearchCandidates = 4;
        options.WorkspacePath = _folder.Path;
        List<string> log = [];
        ml.Log += (_, line) => log.Add(line.Message);
        PcDartsTransformer model = Fit(ml, options, Views(ml, 30, out _));

        RunVerdict verdict = model.History.Verdict!;
        Assert.Equal((ArchitectureEvidence.Weak, 4, 0, (int?)null),
            (verdict.Evidence, verdict.CandidatesAsked, verdict.CandidatesTried, verdict.ChosenCandidate));
        Assert.InRange(verdict.ArchitectureSteps, 1, 20);
        Assert.InRange(verdict.AlphaEntropy!.Value, 0.99, 1);
        Assert.InRange(verdict.AlphaWalk!.Value, 0.5, Math.Sqrt(verdict.ArchitectureSteps) + 0.01);
        Assert.Equal(options.Epochs, verdict.TrainingPasses, 1.0);
        Assert.True(verdict.FallsShort);
        Assert.True(verdict.SuggestedEpochs > options.Epochs);
        Assert.Contains(log, line => line.Contains($"Verdict: {verdict.Summary}", StringComparison.Ordinal));

        Assert.Equal(verdict, PcDartsModelInfo.Read(Path.Combine(_folder.Path, Workspace.OnnxFile)).History.Verdict);
        Assert.Equal(verdict, PcDartsRun.Open(_folder.Path).Verdict);
        string page = File.ReadAllText(Path.Combine(_folder.Path, PcDartsReport.FileName));
        Assert.Contains("None of the 4 candidates was compared", page[..page.IndexOf("</header>", StringComparison.Ordinal)],
            StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_CandidatesTried_TellsHowManyAndWhich()
    {
        MLContext ml = new(seed: 3);
        PcDartsTrainer.Options options = Quick();
        (options.SearchCandidates, options.CandidateTimeShare, options.Epochs) = (2, 0.5, 30);
        RunVerdict verdict = Fit(ml, options, Views(ml, 30, out _)).History.Verdict!;
        Assert.Equal(2, verdict.CandidatesTried);
        Assert.InRange(verdict.ChosenCandidate!.Value, 1, 2);
        Assert.False(verdict.FallsShort);
    }

    [SkippableFact]
    public void Fit_Warned_KeepsTheWarningInRunAndReport()
    {
        Skip.If(TorchSharp.torch.cuda.is_available(), "There is a GPU, so nothing is warned about.");
        MLContext ml = new(seed: 3) { GpuDeviceId = 0, FallbackToCpu = true };
        PcDartsTrainer.Options options = Quick();
        options.WorkspacePath = _folder.Path;
        Fit(ml, options, Views(ml, 30, out _));

        string warning = Assert.Single(PcDartsRun.Open(_folder.Path).Warnings);
        Assert.Contains("GpuDeviceId 0 cannot be used", warning, StringComparison.Ordinal);
        Assert.Contains("GpuDeviceId 0 cannot be used", File.ReadAllText(Path.Combine(_folder.Path, PcDartsReport.FileName)),
            StringComparison.Ordinal);
        PcDartsRun.Delete(_folder.Path);
        Assert.False(File.Exists(Path.Combine(_folder.Path, RunWarnings.FileName)));
    }
}
