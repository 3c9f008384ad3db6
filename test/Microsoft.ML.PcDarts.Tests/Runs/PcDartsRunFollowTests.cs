using Microsoft.ML.PcDarts.Runs;
using Microsoft.ML.PcDarts.Tests.Reports;

namespace Microsoft.ML.PcDarts.Tests.Runs;

public sealed class PcDartsRunFollowTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1);
    private readonly ReportFolder _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task FollowAsync_ProcessAtWork_GivesItsReportsUntilItEnds()
    {
        Workspace workspace = Workspace.Open(_run.Path);
        _run.AddTrainingEpoch(1);
        List<int> epochs = [];
        await foreach (TrainingProgress report in PcDartsRun.FollowAsync(_run.Path, Interval, default))
        {
            epochs.Add(report.Epoch);
            if (report.Epoch < 3)
                _run.AddTrainingEpoch(report.Epoch + 1);
            else
                workspace.Dispose();
        }

        Assert.Equal([1, 2, 3], epochs);
    }

    [Fact]
    public async Task FollowAsync_NoProcess_GivesWhatIsThere()
    {
        _run.AddSearchEpoch(1);
        _run.AddTrainingEpoch(1);
        List<TrainingPhase> phases = [];
        await foreach (TrainingProgress report in PcDartsRun.FollowAsync(_run.Path, Interval, default))
            phases.Add(report.Phase);
        Assert.Equal([TrainingPhase.Search, TrainingPhase.Training], phases);
    }

    [Fact]
    public async Task FollowAsync_Cancelled_Ends()
    {
        using TemporaryFolder empty = new();
        using CancellationTokenSource cancellation = new();
        await using IAsyncEnumerator<TrainingProgress> reports = PcDartsRun.FollowAsync(empty.Path, Interval, cancellation.Token)
            .GetAsyncEnumerator();
        ValueTask<bool> waiting = reports.MoveNextAsync(); // no run yet
        Assert.False(waiting.IsCompleted);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
    }

    [Fact]
    public async Task FollowAsync_NoFolder_NamesIt()
    {
        string missing = _run.PathOf("missing");
        await using IAsyncEnumerator<TrainingProgress> reports = PcDartsRun.FollowAsync(missing, Interval, default).GetAsyncEnumerator();
        DirectoryNotFoundException error = await Assert.ThrowsAsync<DirectoryNotFoundException>(async () => await reports.MoveNextAsync());
        Assert.Contains(missing, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Next_TornLine_WaitsForTheRest()
    {
        _run.AddTrainingEpoch(1);
        string file = _run.PathOf(Workspace.MetricsFile), line = File.ReadAllText(file);
        MetricsFollower follower = new(file);
        File.WriteAllText(file, line + line[..40]);
        Assert.Single(follower.Next());
        Assert.Empty(follower.Next());
        File.WriteAllText(file, line + line);
        Assert.Single(follower.Next());
    }

    [Fact]
    public void Next_CutBackAndWrittenAnew_GivesOnlyWhatIsNew()
    {
        foreach (int epoch in (int[])[1, 2, 3])
            _run.AddTrainingEpoch(epoch);
        string file = _run.PathOf(Workspace.MetricsFile);
        MetricsFollower follower = new(file);
        Assert.Equal([1, 2, 3], follower.Next().Select(report => report.Epoch));
        string[] lines = File.ReadAllLines(file);
        string again = lines[1].Replace("\"elapsed\":\"", "\"elapsed\":\"1.", StringComparison.Ordinal);
        File.WriteAllText(file, string.Join('\n', [lines[0], again, lines[2], lines[2]]) + "\n");
        Assert.Equal([2, 3, 3], follower.Next().Select(report => report.Epoch));
        Assert.Empty(follower.Next());
    }

    [Fact]
    public void Next_DamagedLine_NamesItsNumber()
    {
        _run.AddTrainingEpoch(1);
        string file = _run.PathOf(Workspace.MetricsFile);
        MetricsFollower follower = new(file);
        follower.Next();
        File.AppendAllText(file, "{nonsense\n");
        Assert.Contains("Line 2 of", Assert.Throws<InvalidDataException>(follower.Next).Message, StringComparison.Ordinal);
    }
}
