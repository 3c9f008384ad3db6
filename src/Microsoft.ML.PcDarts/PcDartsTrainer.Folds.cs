using System.Globalization;
using Microsoft.ML.PcDarts.Reports;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts;

/// <content>
/// Workspaces of a trainer whose <c>Fit</c> is called with one set of pictures after another, as <c>CrossValidate</c> does.
/// </content>
public sealed partial class PcDartsTrainer
{
    private readonly Lock _finishedLock = new();

    /// <summary>
    /// The data of the runs that this trainer has finished in its workspace: the first lies in the folder itself, the others in folders
    /// beside its checkpoints.
    /// </summary>
    private readonly List<(string Training, string? Validation)> _finished = [];

    /// <summary>
    /// The workspace of a run after the first one, for data that no finished run of this trainer has; null for the workspace itself.
    /// </summary>
    private Workspace? FoldOf(Workspace workspace, RunDescription description, Action<string> tell)
    {
        int fold;
        lock (_finishedLock)
        {
            int known = _finished.IndexOf(DataOf(description));
            fold = 1 + (known >= 0 ? known : _finished.Count);
        }

        if (fold == 1)
            return null;
        string folder = Path.Combine(workspace.FullPath, string.Create(CultureInfo.InvariantCulture, $"fold-{fold}"));
        tell(
            $"WorkspacePath '{workspace.FullPath}' holds the finished run of other pictures that this trainer was fitted to before, so "
                + $"this run is kept in '{folder}'.");
        return Workspace.Open(folder, ReportPage.Write);
    }

    private void Remember(RunDescription description)
    {
        lock (_finishedLock)
        {
            if (!_finished.Contains(DataOf(description)))
                _finished.Add(DataOf(description));
        }
    }

    private static (string Training, string? Validation) DataOf(RunDescription description)
        => (description.Data.Sha256, description.ValidationData?.Sha256);
}
