using Microsoft.ML.PcDarts.Reports;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts;

/// <summary>The report of a run: <c>report.html</c> in its workspace, one file that needs nothing else and no network.</summary>
/// <remarks><para>It shows result, time, hardware and data; losses and accuracies of both phases; α and β of every epoch of the search
/// after their softmax; both cells; size; the confusion matrix and pictures with what the model said of them; options and versions.</para>
/// <para><c>Fit</c> with <see cref="PcDartsTrainer.Options.WorkspacePath"/> keeps it up to date: after an epoch if that costs no more than
/// one fiftieth of the time, and at its end. During the run, the page reloads itself every 15 seconds.</para></remarks>
public static class PcDartsReport
{
    /// <summary>Name of the report in its workspace.</summary>
    public const string FileName = Workspace.PageFile;

    /// <summary>
    /// Writes the report of a run again, from the files of its workspace. The run may be under way, in another process too, interrupted or
    /// finished.
    /// </summary>
    /// <param name="workspacePath">The folder that <see cref="PcDartsTrainer.Options.WorkspacePath"/> named.</param>
    /// <returns>Full path of the report.</returns>
    /// <exception cref="FileNotFoundException">The folder holds no run.</exception>
    /// <exception cref="InvalidDataException">A file of the workspace is damaged; the message names it. Damaged lines of the metrics are
    /// left out, and the report says so.</exception>
    /// <exception cref="IOException">The folder cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be read or written.</exception>
    public static string Write(string workspacePath)
    {
        ArgumentException.ThrowIfNullOrEmpty(workspacePath);
        return ReportPage.Write(workspacePath, Workspace.IsTaken(workspacePath));
    }

    /// <summary>Asks the model of a finished run about labeled pictures, keeps the answers as <c>predictions.json</c> in the workspace,
    /// and writes the report, which then has a confusion matrix and pictures, the worst mistakes first.</summary>
    /// <param name="workspacePath">The folder that <see cref="PcDartsTrainer.Options.WorkspacePath"/> named.</param>
    /// <param name="predictor">The run's model.</param>
    /// <param name="pictures">Picture files and their true classes, at least one. Pictures that took no part in the training tell
    /// most.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>Full path of the report.</returns>
    /// <exception cref="ArgumentException">There are no pictures.</exception>
    /// <exception cref="InvalidOperationException">The run has not ended, or the model is that of another run.</exception>
    /// <exception cref="FileNotFoundException">The folder holds no run, or a picture is missing.</exception>
    /// <exception cref="InvalidDataException">A picture or a file of the workspace is damaged; the message names it.</exception>
    /// <exception cref="IOException">The folder cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be read or written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static string WritePredictions(string workspacePath, PcDartsPredictor predictor,
        IEnumerable<(string Path, string Label)> pictures, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(workspacePath);
        ArgumentNullException.ThrowIfNull(predictor);
        ArgumentNullException.ThrowIfNull(pictures);
        (string Path, string Label)[] labeled = [.. pictures];
        if (labeled.Length == 0)
            throw new ArgumentException("There are no pictures; give at least one.", nameof(pictures));
        RunResult result = PcDartsRun.Read(workspacePath, running: false).Result
            ?? throw new InvalidOperationException($"The run in '{workspacePath}' has not ended, so it has no model yet. "
                + "Resume it first.");
        if (result.History.WeightsSha256 != predictor.Info.History.WeightsSha256)
            throw new InvalidOperationException($"The model is not that of the run in '{workspacePath}': "
                + $"its weights' SHA-256 is {predictor.Info.History.WeightsSha256}, the run's {result.History.WeightsSha256}.");

        // A picture that the predictor was told to skip has no class.
        PicturePrediction[] answers = [.. labeled.Zip(predictor.Predict(labeled.Select(picture => picture.Path), cancellation))
            .Where(pair => pair.Second.Error is null)
            .Select(pair => new PicturePrediction(Path.GetFullPath(pair.First.Path), pair.First.Label, pair.Second.Label,
                pair.Second.Probability))];
        new RunPredictions(result.History.WeightsSha256, answers).Write(workspacePath);
        return ReportPage.Write(workspacePath, running: false);
    }
}
