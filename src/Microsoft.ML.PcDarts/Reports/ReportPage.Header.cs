using System.Globalization;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Reports;

internal static partial class ReportPage
{
    private const int ShownWarnings = 20;

    private static void AddHeader(Html page, PcDartsRun run)
    {
        TrainingHistory? history = run.History;
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string state = run.State.ToString();
        page.Add($"<header><p class=\"kind\">PC-DARTS architecture search</p><h1>{run.Name} <span ",
            $"class=\"badge {state.ToLowerInvariant()}\">{state.ToLowerInvariant()}</span></h1>");
        page.Add($"<p>{Status(run)} <span class=\"note\">As of <time datetime=\"{now:O}\">{now:yyyy-MM-dd HH:mm:ss} ",
            $"UTC</time>.</span></p>");
        AddVerdict(page, run);
        foreach (string line in run.DamagedLines)
            page.Add($"<p class=\"note\">{line}</p>");
        page.Add($"<dl class=\"tiles\">");
        if (run.Predictions is { } predictions)
            AddTile(page, "Test accuracy", Percent(predictions.Accuracy), Interval(run.TestEstimate!.Value));
        EpochMetrics? validated = run.LastValidated;
        if (run.ValidationAccuracy is { } accuracyHeld)
            AddTile(page, "Validation accuracy", Percent(accuracyHeld),
                history?.ValidationEstimate is { } estimate ? Interval(estimate) : $"epoch {validated!.Epoch}");
        if (history is not null)
        {
            AddTile(page, "Parameters", Amount(history.Size.Parameters), $"{history.Size.Parameters:N0}");
            AddTile(page, "Multiply-adds", Amount(history.Size.MultiplyAdds),
                $"a picture of {run.Result!.Shape.ImageWidth}×{run.Result.Shape.ImageHeight}");
            AddTile(page, "Search", run.Given is null ? Time(history.SearchTime) : "none",
                run.Given is null ? $"{history.SearchImagesPerSecond:N0} pictures a second" : (FormattableString)$"architecture given");
            AddTile(page, "Training", Time(history.TrainingTime), $"{history.TrainingImagesPerSecond:N0} pictures a second");
        }
        else if (run.Last is { } last)
        {
            AddTile(page, "Training accuracy", last.Accuracy is { } accuracy ? Percent(accuracy) : "–", $"this epoch so far");
            AddTile(page, "Speed", string.Create(CultureInfo.InvariantCulture, $"{last.ImagesPerSecond:N0}"), $"pictures a second");
            AddTile(page, "Time so far", Time(last.Elapsed), $"earlier attempts included");
        }

        page.Add($"</dl><div class=\"columns\"><div><h2>Data</h2>");
        AddTable(page, DataOf(run));
        page.Add($"</div><div><h2>Machine</h2>");
        AddTable(page,
        [
            ("Hardware", run.Machine),
            ("Device", string.Create(CultureInfo.InvariantCulture, $"{run.Device}, {run.Threads} threads, {run.Precision}")),
            .. history is { PeakMemoryBytes: > 0 }
                ? [("Peak memory", string.Create(CultureInfo.InvariantCulture, $"{history.PeakMemoryBytes / 1e6:N0} MB"))]
                : (IEnumerable<(string, string)>)[],
            .. history is { PeakGpuMemoryBytes: > 0 }
                ? [("Peak GPU memory", string.Create(CultureInfo.InvariantCulture, $"{history.PeakGpuMemoryBytes / 1e6:N0} MB"))]
                : (IEnumerable<(string, string)>)[],
            ("Seed", run.Seed.ToString(CultureInfo.InvariantCulture)),
            ("Started", string.Create(CultureInfo.InvariantCulture, $"{run.Started.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC")),
        ]);
        page.Add($"</div></div></header>");
    }

    private static void AddVerdict(Html page, PcDartsRun run)
    {
        if (run.Verdict is { } verdict)
            page.Add($"<div class=\"verdict{(verdict.FallsShort ? " short" : "")}\"><strong>Verdict</strong> {verdict.Summary}</div>");
        if (run.Warnings.Count == 0)
            return;
        page.Add($"<div class=\"verdict short\"><strong>Warnings</strong><ul>");
        foreach (string warning in run.Warnings.Take(ShownWarnings))
            page.Add($"<li>{warning}</li>");
        page.Add($"</ul>");
        if (run.Warnings.Count > ShownWarnings)
            page.Add($"<p>{run.Warnings.Count - ShownWarnings:N0} more are in {RunWarnings.FileName}.</p>");
        page.Add($"</div>");
    }

    private static string PhaseName(TrainingPhase phase) => phase switch
    {
        TrainingPhase.Search => "Search, epoch",
        TrainingPhase.Selection => "Candidate",
        _ => "Training, epoch",
    };

    private static FormattableString Interval(AccuracyEstimate estimate)
    {
        (double low, double high) = (100 * estimate.Low, 100 * estimate.High);
        return $"{estimate.Right:N0} of {estimate.Pictures:N0} pictures; 95\u00a0% interval {low:0.0} to {high:0.0}\u00a0%";
    }

    private static string Status(PcDartsRun run)
    {
        TrainingProgress? last = run.Last;
        string where = last is null
            ? "No step is done yet."
            : string.Create(CultureInfo.InvariantCulture,
                $"{PhaseName(last.Phase)} {last.Epoch} of {last.Epochs}, step {last.Step} of {last.Steps}.");
        return run.State switch
        {
            PcDartsRunState.Finished => $"Ended after {Time(last!.Elapsed)}{Stopped(run.History!)}.",
            PcDartsRunState.Cancelled => $"{where} It was cancelled, and its model has the weights of epoch {run.History!.ReturnedEpoch}: "
                + "resume it with Fit and the same workspace, or with the command 'resume'.",
            PcDartsRunState.Interrupted =>
                $"{where} No process is at work on it: resume it with Fit and the same workspace, or with the command 'resume'.",
            _ => last?.Remaining is { } left && left > TimeSpan.Zero ? $"{where} About {Time(left)} left in this phase." : where,
        };
    }

    private static string Stopped(TrainingHistory history)
    {
        string why = history.StopReason switch
        {
            StopReason.TimeBudget => ": the time budget was used up",
            StopReason.EarlyStopping => ": validation had stopped improving",
            _ => "",
        };
        return history.ReturnedEpoch > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{why}; the model has the weights of epoch {history.ReturnedEpoch}")
            : why;
    }

    private static IEnumerable<(string Name, string Value)> DataOf(PcDartsRun run)
    {
        DataDescription data = run.Description.Data;
        yield return ("Pictures", string.Create(CultureInfo.InvariantCulture, $"{data.Pictures:N0} of {data.Width}×{data.Height} pixels"));
        if (run.Description.ValidationData is { } validation)
            yield return ("Validation set", string.Create(CultureInfo.InvariantCulture, $"{validation.Pictures:N0} pictures"));
        if (run.History is { } history)
        {
            yield return ("Trained on", string.Create(CultureInfo.InvariantCulture,
                $"{history.TrainingImages:N0} pictures, validated on {history.ValidationImages:N0}"));
            if (history.SkippedImages + history.MissingLabels > 0)
                yield return ("Left out", string.Create(CultureInfo.InvariantCulture,
                    $"{history.SkippedImages:N0} that cannot be decoded, {history.MissingLabels:N0} without a label"));
        }

        yield return ("Classes", run.Result is { } result
            ? string.Create(CultureInfo.InvariantCulture,
                $"{data.Classes}: {string.Join(", ", result.ClassNames.Take(30))}{(result.ClassNames.Count > 30 ? ", …" : "")}")
            : data.Classes.ToString(CultureInfo.InvariantCulture));
        yield return ("SHA-256", data.Sha256);
    }

    private static void AddTile(Html page, string name, string value, FormattableString note)
        => page.Add($"<div><dt>{name}</dt><dd>{value}</dd><dd class=\"note\">{new Html().Add(note)}</dd></div>");

    private static string Amount(long number) => number switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{number / 1e9:0.00} G"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{number / 1e6:0.00} M"),
        >= 1_000 => string.Create(CultureInfo.InvariantCulture, $"{number / 1e3:0.0} k"),
        _ => number.ToString(CultureInfo.InvariantCulture),
    };
}
