using System.Runtime.CompilerServices;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts;

public sealed partial class PcDartsRun
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>Follows a run that another process is at work on: its reports from the first on, then each new one within a second, until
    /// no process is at work on it any more. <see cref="Open"/> then tells how it ended.</summary>
    /// <remarks>While the folder holds no run yet, it waits for one: a run writes its first files once its pictures are read. Reports of
    /// steps that are done again after an interruption come again. A run that no process is at work on gives the reports that are
    /// there.</remarks>
    /// <param name="workspacePath">The folder that <see cref="PcDartsTrainer.Options.WorkspacePath"/> named or will name.</param>
    /// <param name="cancellation">Ends the following; the run continues.</param>
    /// <returns>The reports, those of reading left out.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">A line of the metrics is damaged; the message names file and line.</exception>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IAsyncEnumerable<TrainingProgress> FollowAsync(string workspacePath, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(workspacePath);
        return FollowAsync(workspacePath, LookInterval, cancellation);
    }

    internal static async IAsyncEnumerable<TrainingProgress> FollowAsync(
        string workspacePath, TimeSpan interval, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string full = Path.GetFullPath(workspacePath);
        if (!Directory.Exists(full))
        {
            throw new DirectoryNotFoundException(
                $"There is no folder '{full}'. Give the folder that Options.WorkspacePath ('fit --out') named.");
        }

        var metrics = new MetricsFollower(Path.Combine(full, Workspace.MetricsFile));
        using var timer = new PeriodicTimer(interval);
        bool ended;
        do
        {
            cancellation.ThrowIfCancellationRequested();

            // What a process wrote before it ended is read after asking.
            ended = Exists(full) && !Workspace.IsTaken(full);
            foreach (TrainingProgress report in metrics.Next())
            {
                cancellation.ThrowIfCancellationRequested();
                yield return report;
            }
        }
        while (!ended && await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false));
    }
}
