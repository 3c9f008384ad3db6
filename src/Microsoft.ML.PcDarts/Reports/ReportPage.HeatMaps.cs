using System.Globalization;
using System.Text;
using Microsoft.ML.PcDarts.Architectures;

namespace Microsoft.ML.PcDarts.Reports;

internal static partial class ReportPage
{
    private static void AddHeatMaps(Html page, PcDartsRun run)
    {
        page.Add($"<section id=\"weights\"><h2>Architecture weights</h2>");
        ArchitectureEpoch[] epochs = [.. run.Metrics.Of(TrainingPhase.Search).Where(epoch => epoch.Architecture is not null)
            .Select(epoch => new ArchitectureEpoch(epoch.Epoch, epoch.Architecture!, epoch.Genotype))];
        if (epochs.Length == 0)
        {
            string reason = run.Given is null ? "No epoch of the search has ended yet." : "The architecture was given, so there are none.";
            page.Add($"<p>{reason}</p></section>");
            return;
        }

        ArchitectureEpoch last = epochs[^1];
        double scale = Math.Max(0.5, epochs.Max(epoch => epoch.LargestAlpha));
        page.Add($"<p>Softmax of α over the operations of an edge and of β over the edges into a node, in percent. ",
            $"A frame marks what the cell would keep: two edges a node, each with one operation.</p>");
        page.Add($"<p class=\"slider\"><label for=\"epoch\">Epoch of the search</label><input id=\"epoch\" type=\"range\" min=\"0\" ",
            $"max=\"{epochs.Length - 1}\" value=\"{epochs.Length - 1}\" hidden><output id=\"epoch-name\" for=\"epoch\">{last.Epoch} ",
            $"of {run.Metrics.Of(TrainingPhase.Search).Last().Epochs}</output>");
        page.Add($"<span class=\"legend\">0 %<i class=\"alpha\"></i>{100 * scale:0} % <b>α</b></span><span class=\"legend\">0 %<i ",
            $"class=\"beta\"></i>100 % <b>β</b></span></p><div class=\"columns\">");
        AddHeatMap(page, "normal", "Normal cell", last.Normal, scale);
        AddHeatMap(page, "reduce", "Reduction cell", last.Reduce, scale);
        page.Add($"</div>");

        // Thousandths, so that the numbers of a long search stay small.
        var json = new StringBuilder();
        json.Append(CultureInfo.InvariantCulture,
            $"{{\"scale\":{1000 * scale:0},\"epochs\":[{string.Join(',', epochs.Select(epoch => epoch.Epoch))}],\"normal\":[");
        json.AppendJoin(',', epochs.Select(epoch => epoch.Normal.ToJson())).Append("],\"reduce\":[")
            .AppendJoin(',', epochs.Select(epoch => epoch.Reduce.ToJson())).Append("]}");
        page.AddRaw($"<script type=\"application/json\" id=\"architecture\">{json}</script>").Add($"</section>");
    }

    private static void AddHeatMap(Html page, string id, string title, CellWeighting cell, double scale)
    {
        page.Add($"<div class=\"scroll\"><table class=\"heat\" id=\"{id}\"><caption>{title}</caption><thead>");
        page.Add($"<tr><td class=\"corner\">edge</td><th colspan=\"{CellWeighting.Operations}\" scope=\"colgroup\">α: ",
            $"operation</th><th rowspan=\"2\" scope=\"col\" class=\"beta\">β</th></tr><tr><td></td>");
        foreach (Primitive primitive in PrimitiveNames.Searched)
            page.Add($"<th scope=\"col\" class=\"upright\"><span>{primitive.Name()}</span></th>");
        page.Add($"</tr></thead><tbody>");
        foreach ((int edge, int source, int node) in cell.Edges)
        {
            Html from = source switch
            {
                0 => new Html().Add($"c<sub>k−2</sub>"),
                1 => new Html().Add($"c<sub>k−1</sub>"),
                _ => new Html().Add($"{source - 2}"),
            };
            page.Add($"<tr{(source == 0 ? new Html().Add($" class=\"first\"") : null)}><th scope=\"row\">{from} → {node}</th>");
            for (int operation = 0; operation < CellWeighting.Operations; operation++)
            {
                int index = edge * CellWeighting.Operations + operation;
                AddValue("", cell.Alpha[index], scale, cell.Kept.Contains(index));
            }

            AddValue("beta", cell.Beta[edge], 1, kept: false);
            page.Add($"</tr>");
        }

        page.Add($"</tbody></table></div>");

        void AddValue(string kind, double value, double full, bool kept)
        {
            string classes = kept ? $"{kind} kept".TrimStart() : kind;
            page.Add($"<td class=\"{classes}\" style=\"--shade:{Math.Min(1, value / full):0.###}\">{100 * value:0.0}</td>");
        }
    }
}
