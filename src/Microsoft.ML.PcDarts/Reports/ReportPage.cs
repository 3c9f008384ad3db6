using System.Globalization;
using System.Text;
using Microsoft.ML.PcDarts.Platform;
using Microsoft.ML.PcDarts.Runs;
using OxyPlot;

namespace Microsoft.ML.PcDarts.Reports;

/// <summary>
/// The report of a run as one HTML page, without anything from outside; a script moves the slider, everything else needs none.
/// </summary>
internal static partial class ReportPage
{
    /// <summary>Validation losses above so many times that of guessing are explained.</summary>
    private const double FarOff = 3;

    private const int RefreshSeconds = 15;

    /// <summary>Writes the report of a run into its workspace.</summary>
    /// <param name="workspacePath">The folder.</param>
    /// <param name="running">Whether a process is at work on it.</param>
    /// <returns>Full path of the report.</returns>
    /// <exception cref="InvalidDataException">A file of the workspace is damaged; the message names it.</exception>
    public static string Write(string workspacePath, bool running)
    {
        PcDartsRun run = PcDartsRun.Read(workspacePath, running);
        string path = Path.Combine(run.WorkspacePath, Workspace.PageFile);
        byte[] page = Encoding.UTF8.GetBytes(Of(run));
        AtomicFile.Write(path, stream => stream.Write(page));
        return path;
    }

    private static string Of(PcDartsRun run)
    {
        var page = new Html();
        page.Add($"<!DOCTYPE html>").Add($"<html lang=\"en\">").Add($"<head>").Add($"<meta charset=\"utf-8\">");
        page.Add($"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        page.Add($"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; ",
            $"script-src 'unsafe-inline'\">");
        if (run.State == PcDartsRunState.Running)
            page.Add($"<meta http-equiv=\"refresh\" content=\"{RefreshSeconds}\">");
        page.Add($"<link rel=\"icon\" href=\"data:,\">").Add($"<title>{run.Name}: PC-DARTS run</title>");
        page.AddRaw($"<style>\n{Resource("report.css")}</style>").Add($"</head>").Add($"<body>");
        AddHeader(page, run);
        page.Add($"<main>");
        AddCurves(page, run);
        AddHeatMaps(page, run);
        AddCells(page, run);
        AddPredictions(page, run);
        AddDetails(page, run);
        page.Add($"</main>");
        page.AddRaw($"<script>\n{Resource("report.js")}</script>").Add($"</body>").Add($"</html>");
        return page.ToString();
    }

    private static void AddCurves(Html page, PcDartsRun run)
    {
        page.Add($"<section id=\"curves\"><h2>Learning curves</h2>");
        if (run.Given is not null)
            page.Add($"<p>The architecture was given, so there was no search.</p>");
        else
            AddPhase(page, run, TrainingPhase.Search, "Search", "weight half", "architecture half");
        AddCandidates(page, run);
        AddPhase(page, run, TrainingPhase.Training, "Training", "training pictures", "validation pictures");
        page.Add($"</section>");
    }

    private static void AddCandidates(Html page, PcDartsRun run)
    {
        TrainingProgress[] candidates = [.. run.Metrics.Of(TrainingPhase.Selection)];
        if (candidates.Length == 0)
            return;
        string mark = run.Last!.Phase == TrainingPhase.Selection ? ", the best so far" : ", chosen";
        TrainingProgress best = candidates.MinBy(candidate => candidate.Loss)!;
        page.Add($"<h3>Candidates</h3><p>The first is what the search decodes to, the others were drawn with α and β. ",
            $"Each was trained for a while, the best perhaps once more and longer; ",
            $"the one with the lowest loss in the second half of that ",
            $"is trained to the end.</p>");
        AddTable(page, candidates.Select(candidate => (
            string.Create(CultureInfo.InvariantCulture,
                $"Candidate {First(candidate)}{(First(candidate) < candidate.Epoch ? ", longer" : "")}{(candidate == best ? mark : "")}"),
            string.Create(CultureInfo.InvariantCulture,
                $"loss {candidate.Loss:F3}, accuracy {candidate.Accuracy:P1}, {candidate.ImagesPerSecond:F0} pictures/s"))));

        int First(TrainingProgress again) => candidates.First(candidate => candidate.Genotype!.Equals(again.Genotype)).Epoch;
    }

    private static void AddPhase(Html page, PcDartsRun run, TrainingPhase phase, string name, string first, string second)
    {
        TrainingProgress[] epochs = [.. run.Metrics.Of(phase)];
        page.Add($"<h3>{name}</h3>");
        if (epochs.Length == 0)
        {
            page.Add($"<p>No epoch has ended yet.</p>");
            return;
        }

        // Guessing evenly costs the logarithm of the number of classes, and no loss of a network that is as it should be stays far above
        // it.
        if (phase == TrainingPhase.Training && epochs.Max(epoch => epoch.ValidationLoss) > FarOff * Math.Log(run.Description.Data.Classes))
        {
            page.Add($"<p class=\"note\">Validation losses far above the training loss are common while the learning rate is high and ",
                $"epochs have few steps: the weights move faster than the running statistics of batch norm, which only ");
            page.Add($"validation uses, and earlier epochs may have seen smaller pictures. They settle as the learning rate falls; ",
                $"the last epochs count.</p>");
        }

        page.Add($"<div class=\"columns\">");
        AddChart("loss", "Loss", "cross-entropy (nats)", null, (first, epoch => epoch.Loss), (second, epoch => epoch.ValidationLoss));
        AddChart("accuracy", "Accuracy", "accuracy (%)", 100, (first, epoch => 100 * epoch.Accuracy),
            (second, epoch => 100 * epoch.ValidationAccuracy));
        if (epochs.Any(epoch => epoch.Diagnostics is not null))
        {
            double largest = Math.Log(PrimitiveNames.Searched.Count);
            AddChart("entropy", "Entropy of the architecture weights", "share of the largest (%)", 100,
                ("α over operations", epoch => 100 * epoch.Diagnostics?.AlphaEntropy / largest),
                ("β over inputs", epoch => 100 * epoch.Diagnostics?.BetaEntropy));
        }
        page.Add($"</div>");

        void AddChart(string id, string title, string quantity, double? maximum, (string Key, Func<TrainingProgress, double?> Value) one,
            (string Key, Func<TrainingProgress, double?> Value) other)
        {
            DataPoint[] held = Points(other.Value);
            page.Add($"<figure class=\"chart\"><figcaption>{title} <span class=\"key ",
                $"one\">{one.Key}</span>",
                $"{(held.Length > 0 ? new Html().Add($" <span class=\"key two\">{other.Key}</span>") : null)}</figcaption>");
            page.AddRaw(ReportCharts.Draw($"{name.ToLowerInvariant()}-{id}", $"{name}: {quantity} over the epochs", quantity, maximum,
                epochs[^1].Epochs, Points(one.Value), held));
            page.Add($"</figure>");
        }

        DataPoint[] Points(Func<TrainingProgress, double?> value)
            => [.. epochs.Where(epoch => value(epoch) is { } number && double.IsFinite(number))
                .Select(epoch => new DataPoint(epoch.Epoch, value(epoch)!.Value))];
    }

    private static void AddCells(Html page, PcDartsRun run)
    {
        page.Add($"<section id=\"cells\"><h2>Cells</h2>");
        if (run.Genotype is not { } genotype)
        {
            page.Add($"<p>They are drawn when the first epoch of the search has ended.</p></section>");
            return;
        }

        string standing = run is { Result: null, Given: null }
            ? run.Last?.Phase switch
            {
                TrainingPhase.Training => "",
                TrainingPhase.Selection => "The best candidate so far. ",
                _ => "What the search would find if it ended now. ",
            }
            : "";
        page.Add($"<p>{standing}c<sub>k−2</sub> and c<sub>k−1</sub> are the outputs of the two cells before, ",
            $"c<sub>k</sub> is this cell's; ",
            $"each node adds its two operations.</p>");
        page.Add($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Drawing of both cells\">")
            .AddRaw(CellDrawing.ToSvg(genotype)).Add($"</div>");
        page.Add($"<details><summary>In the notation of the paper's code</summary><pre>{genotype.ToPython()}</pre></details></section>");
    }

    private static void AddDetails(Html page, PcDartsRun run)
    {
        page.Add($"<section id=\"details\"><h2>Options and versions</h2><div class=\"columns\">");
        page.Add($"<details open><summary>Options that decide the result</summary>");
        AddTable(page, run.Options.Where(option => option.Key != "Genotype")
            .Select(option => (option.Key, option.Value == "null" ? "–" : option.Value)));
        page.Add($"</details><details open><summary>Versions</summary>");
        AddTable(page, run.Versions.Select(version => (version.Key, version.Value)));
        page.Add($"</details></div></section>");
    }

    private static void AddTable(Html page, IEnumerable<(string Name, string Value)> rows)
    {
        page.Add($"<table class=\"facts\">");
        foreach ((string name, string value) in rows)
            page.Add($"<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>");
        page.Add($"</table>");
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0}\u00a0%");

    private static string Time(TimeSpan time) => time switch
    {
        { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes} min"),
        { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
    };

    private static string Resource(string name)
    {
        using Stream stream = typeof(ReportPage).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
