using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Reports;

internal static partial class ReportPage
{
    private const int ShownMistakes = 24;
    private const int ShownRight = 12;
    private const int MaximumMatrix = 40;
    private const int ShownPairs = 25;

    private static void AddPredictions(Html page, PcDartsRun run)
    {
        if (run.Predictions is not { } predictions)
        {
            if (run.Result is not null)
                page.Add($"<section id=\"predictions\"><h2>Predictions</h2><p>The model was asked about no test pictures: ",
                    $"give 'fit' the option --test, or call PcDartsReport.WritePredictions.</p></section>");
            return;
        }

        string[] classes = [.. run.Result!.ClassNames.Union(predictions.Pictures.Select(picture => picture.Label), StringComparer.Ordinal)];
        page.Add($"<section id=\"confusion\"><h2>Confusion matrix</h2>");
        if (classes.Length <= MaximumMatrix)
            AddMatrix(page, classes, predictions.Pictures);
        else
            AddConfusedPairs(page, predictions.Pictures);
        page.Add($"</section><section id=\"predictions\"><h2>Predictions</h2>");
        PicturePrediction[] mistakes = [.. predictions.Mistakes];
        page.Add($"<h3>Mistakes</h3><p>{mistakes.Length:N0} of {predictions.Pictures.Count:N0} ",
            $"pictures{(mistakes.Length > 0 ? ", the most confident first" : "")}.</p>");
        AddPictures(page, mistakes.Take(ShownMistakes));
        page.Add($"<h3>Right</h3>");
        AddPictures(page, predictions.Right.Take(ShownRight));
        page.Add($"</section>");
    }

    private static void AddMatrix(Html page, string[] classes, IReadOnlyList<PicturePrediction> pictures)
    {
        Dictionary<(string, string), int> counts = pictures.CountBy(picture => (picture.Label, picture.Predicted)).ToDictionary();
        page.Add($"<p>Rows are true classes, columns what the model said; shades are shares of a row.</p><div class=\"scroll\" ",
            $"tabindex=\"0\" role=\"region\" aria-label=\"Confusion matrix\"><table class=\"heat matrix\"><thead><tr><td ",
            $"class=\"corner\">true class</td>");
        foreach (string name in classes)
            page.Add($"<th scope=\"col\" class=\"upright\" title=\"{name}\"><span>{name}</span></th>");
        page.Add($"<th scope=\"col\" class=\"upright\"><span>recall (%)</span></th></tr></thead><tbody>");
        foreach (string label in classes)
        {
            int total = classes.Sum(predicted => counts.GetValueOrDefault((label, predicted)));
            page.Add($"<tr><th scope=\"row\" title=\"{label}\"><span>{label}</span></th>");
            foreach (string predicted in classes)
            {
                int count = counts.GetValueOrDefault((label, predicted));
                double share = total == 0 ? 0 : (double)count / total;
                page.Add($"<td class=\"{(label == predicted ? "hit" : "miss")}{(count == 0 ? " zero" : "")}\" ",
                    $"style=\"--shade:{share:0.###}\" title=\"{label} called {predicted}\">{count}</td>");
            }

            page.Add($"<td class=\"sum\">",
                $"{(total == 0 ? "–" : (FormattableString)$"{100.0 * counts.GetValueOrDefault((label, label)) / total:0}")}</td></tr>");
        }

        page.Add($"</tbody></table></div>");
    }

    private static void AddConfusedPairs(Html page, IReadOnlyList<PicturePrediction> pictures)
    {
        page.Add($"<p>There are too many classes for a matrix; these were confused most often.</p>");
        page.Add($"<table class=\"facts\"><tr><th scope=\"col\">True class</th><th scope=\"col\">Called</th><th ",
            $"scope=\"col\">Pictures</th></tr>");
        foreach (((string label, string predicted), int count) in pictures.Where(picture => !picture.IsRight)
            .CountBy(picture => (picture.Label, picture.Predicted)).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key)
            .Take(ShownPairs))
            page.Add($"<tr><td>{label}</td><td>{predicted}</td><td>{count}</td></tr>");
        page.Add($"</table>");
    }

    private static void AddPictures(Html page, IEnumerable<PicturePrediction> pictures)
    {
        page.Add($"<div class=\"pictures\">");
        foreach (PicturePrediction picture in pictures)
        {
            string name = Path.GetFileName(picture.Path);
            Html image = Thumbnail.Of(picture.Path) is { } data
                ? new Html().Add($"<img src=\"{data}\" alt=\"Picture of class {picture.Label}\">")
                : new Html().Add($"<span class=\"gone\">The picture is gone.</span>");
            page.Add($"<figure class=\"{(picture.IsRight ? "right" : "wrong")}\" ",
                $"title=\"{picture.Label}/{name}\">{image}<figcaption><b>{picture.Predicted}</b> {100 * picture.Probability:0}&nbsp;%",
                $"{(picture.IsRight ? null : new Html().Add($"<br>is {picture.Label}"))}</figcaption></figure>");
        }

        page.Add($"</div>");
    }
}
