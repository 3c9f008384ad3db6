using System.Globalization;
using System.Text;
using Microsoft.ML.PcDarts.Reports;

namespace Microsoft.ML.PcDarts;

public static partial class CellDrawing
{
    private const double Margin = 24;
    private const double TitleHeight = 52;
    private const double CellGap = 36;

    // Every rule is under one class, and nothing has an id: several drawings can stand in one page.
    private const string Style = """
        .pcdarts-cells{color-scheme:light dark;font-size:12px}
        .pcdarts-cells{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
        .pcdarts-cells text{fill:#1f2328;text-anchor:middle}
        .pcdarts-cells .page{fill:#ffffff}
        .pcdarts-cells .title{font-size:16px;font-weight:600;text-anchor:start}
        .pcdarts-cells .note{font-size:11px;text-anchor:start;fill:#59636e}
        .pcdarts-cells .wire{fill:none;stroke:#818b98;stroke-width:1.5}
        .pcdarts-cells .tip{fill:#818b98}
        .pcdarts-cells .state:hover .wire{stroke:#cf222e;stroke-width:2.5}
        .pcdarts-cells .state:hover .tip{fill:#cf222e}
        .pcdarts-cells .node{fill:#f6f8fa;stroke:#59636e;stroke-width:1.5}
        .pcdarts-cells .end{fill:#59636e;stroke:#59636e;stroke-width:1.5}
        .pcdarts-cells .end+text{fill:#ffffff}
        .pcdarts-cells .sep{fill:#ddf4ff;stroke:#0969da}
        .pcdarts-cells .dil{fill:#fbefff;stroke:#8250df}
        .pcdarts-cells .conv{fill:#ffebe9;stroke:#cf222e}
        .pcdarts-cells .pool{fill:#fff8c5;stroke:#9a6700}
        .pcdarts-cells .skip{fill:#dafbe1;stroke:#1a7f37}
        @media (prefers-color-scheme:dark){
        .pcdarts-cells text{fill:#f0f6fc}
        .pcdarts-cells .page{fill:#0d1117}
        .pcdarts-cells .note{fill:#9198a1}
        .pcdarts-cells .wire{stroke:#7d8590}
        .pcdarts-cells .tip{fill:#7d8590}
        .pcdarts-cells .state:hover .wire{stroke:#ff7b72}
        .pcdarts-cells .state:hover .tip{fill:#ff7b72}
        .pcdarts-cells .node{fill:#212830;stroke:#9198a1}
        .pcdarts-cells .end{fill:#9198a1;stroke:#9198a1}
        .pcdarts-cells .end+text{fill:#0d1117}
        .pcdarts-cells .sep{fill:#10294d;stroke:#4493f8}
        .pcdarts-cells .dil{fill:#2d1f4d;stroke:#ab7df8}
        .pcdarts-cells .conv{fill:#4d1a1c;stroke:#f85149}
        .pcdarts-cells .pool{fill:#3d2e0b;stroke:#d29922}
        .pcdarts-cells .skip{fill:#12351f;stroke:#3fb950}
        }
        """;

    /// <summary>
    /// Draws the cells as one self-contained SVG, normal above reduction: inputs left, output right, each operation as a colored label
    /// before its node. It follows the reader's light or dark scheme, names each operation's stride and ends in a tooltip, and describes
    /// both cells in words for screen readers. It holds no scripts and no ids, so it can be placed in a page several times.
    /// </summary>
    /// <param name="genotype">The architecture.</param>
    /// <returns>An <c>svg</c> element, without an XML declaration.</returns>
    public static string ToSvg(Genotype genotype)
    {
        ArgumentNullException.ThrowIfNull(genotype);
        var normal = new CellLayout(genotype.Normal, genotype.NormalConcat);
        var reduce = new CellLayout(genotype.Reduce, genotype.ReduceConcat);
        // The titles are narrower than this.
        double width = Math.Max(440, Math.Max(normal.Width, reduce.Width)) + 2 * Margin;
        double second = Margin + TitleHeight + normal.Height + CellGap;
        double height = second + TitleHeight + reduce.Height + Margin;
        var svg = new StringBuilder();
        Add(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"pcdarts-cells\" role=\"img\" ",
            $"viewBox=\"0 0 {width:0.#} {height:0.#}\" width=\"{width:0.#}\" height=\"{height:0.#}\">\n");
        Add(svg, $"<title>Normal and reduction cell of a discovered network</title>\n",
            $"<desc>{Describe("Normal cell", genotype.Normal, genotype.NormalConcat)} ",
            $"{Describe("Reduction cell", genotype.Reduce, genotype.ReduceConcat)}</desc>\n");
        Add(svg, $"<style>\n{Style}\n</style>\n<rect class=\"page\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n");
        DrawCell(svg, "Normal cell", "keeps the size of the maps", normal, genotype.Normal, inputStride: 1, Margin);
        DrawCell(svg, "Reduction cell", "halves the maps: operations that read a cell input have stride 2", reduce, genotype.Reduce,
            inputStride: 2, second);
        return svg.Append("</svg>\n").ToString();
    }

    private static void DrawCell(StringBuilder svg, string title, string note, CellLayout layout, IReadOnlyList<GenotypeEdge> edges,
        int inputStride, double top)
    {
        int output = edges.Count / 2 + 2;
        Add(svg, $"<text class=\"title\" x=\"{Margin}\" y=\"{top + 14:0.#}\">{title}</text>\n");
        Add(svg, $"<text class=\"note\" x=\"{Margin}\" y=\"{top + 31:0.#}\">{note}</text>\n");
        Add(svg, $"<g transform=\"translate({Margin} {top + TitleHeight:0.#})\">\n");
        foreach (IGrouping<int, CellLayout.Wire> state in layout.Wires.GroupBy(wire => wire.Source))
        {
            svg.Append("<g class=\"state\">\n");
            foreach (CellLayout.Wire wire in state)
                DrawWire(svg, wire);
            svg.Append("</g>\n");
        }
        foreach (CellLayout.Operation operation in layout.Operations)
        {
            (Primitive primitive, int input) = edges[operation.Edge];
            int stride = input < 2 ? inputStride : 1;
            Add(svg, $"<g><title>{primitive.Name()}, stride {stride}, from {(input < 2 ? "" : "node ")}{StateName(input, output)} to ",
                $"node {operation.Edge / 2}</title>");
            Add(svg, $"<rect class=\"{Family(primitive)}\" x=\"{operation.X:0.#}\" ",
                $"y=\"{operation.Y - CellLayout.OperationHeight / 2:0.#}\" width=\"{CellLayout.OperationWidth}\" ",
                $"height=\"{CellLayout.OperationHeight}\" rx=\"12\"/>");
            Add(svg, $"<text x=\"{operation.X + CellLayout.OperationWidth / 2:0.#}\" ",
                $"y=\"{operation.Y + 4:0.#}\">{primitive.Name()}</text></g>\n");
        }
        foreach (CellLayout.State state in layout.States)
            DrawState(svg, state, output);
        svg.Append("</g>\n");
    }

    private static void DrawWire(StringBuilder svg, CellLayout.Wire wire)
    {
        double end = wire.Arrow ? wire.X2 - 6 : wire.X2;
        double bend = (end - wire.X1) / 2;
        Add(svg, $"<path class=\"wire\" ",
            $"d=\"M{wire.X1:0.#} {wire.Y1:0.#}C{wire.X1 + bend:0.#} {wire.Y1:0.#} {end - bend:0.#} {wire.Y2:0.#} {end:0.#} ",
            $"{wire.Y2:0.#}\"/>\n");
        if (wire.Arrow)
            Add(svg, $"<path class=\"tip\" d=\"M{wire.X2:0.#} {wire.Y2:0.#}l-8 -4v8z\"/>\n");
    }

    private static void DrawState(StringBuilder svg, CellLayout.State state, int output)
    {
        bool end = state.Index < 2 || state.Index == output;
        Add(svg, $"<g><title>{StateTitle(state.Index, output)}</title><rect class=\"{(end ? "end" : "node")}\" ",
            $"x=\"{state.X - CellLayout.StateRadius:0.#}\" y=\"{state.Y - state.HalfHeight:0.#}\" width=\"{2 * CellLayout.StateRadius}\" ",
            $"height=\"{2 * state.HalfHeight:0.#}\" rx=\"{(end ? 6 : CellLayout.StateRadius)}\"/>");
        Add(svg, $"<text x=\"{state.X:0.#}\" y=\"{state.Y + (end ? 2 : 4):0.#}\">{StateLabel(state.Index, output)}</text></g>\n");
    }

    private static string StateLabel(int state, int output) => state switch
    {
        0 => Subscript("k−2"),
        1 => Subscript("k−1"),
        _ when state == output => Subscript("k"),
        _ => StateName(state, output),
    };

    private static string Subscript(string text) => $"c<tspan dy=\"4\" font-size=\"9\">{text}</tspan>";

    private static string StateTitle(int state, int output) => state switch
    {
        0 => "c_{k-2}: output of the cell before the previous one",
        1 => "c_{k-1}: output of the previous cell",
        _ when state == output => "c_{k}: output, the concatenation of the nodes",
        _ => $"node {StateName(state, output)}: sum of its two operations",
    };

    private static string Family(Primitive primitive) => primitive switch
    {
        Primitive.SepConv3x3 or Primitive.SepConv5x5 or Primitive.SepConv7x7 => "sep",
        Primitive.DilConv3x3 or Primitive.DilConv5x5 => "dil",
        Primitive.MaxPool3x3 or Primitive.AvgPool3x3 => "pool",
        Primitive.SkipConnect => "skip",
        _ => "conv",
    };

    private static string Describe(string title, IReadOnlyList<GenotypeEdge> edges, IReadOnlyList<int> concat)
    {
        int output = edges.Count / 2 + 2;
        IEnumerable<string> nodes = edges.Chunk(2).Select((pair, node) =>
            $"node {node} adds {string.Join(" and ", pair.Select(edge => $"{edge.Operation.Name()} of {Spoken(edge.Input)}"))}");
        return $"{title}: {string.Join("; ", nodes)}; the output joins {string.Join(", ", concat.Select(Spoken))}.";

        string Spoken(int state) => state < 2 ? StateName(state, output) : $"node {state - 2}";
    }

    private static void Add(StringBuilder svg, params FormattableString[] parts)
    {
        foreach (FormattableString part in parts)
            svg.Append(part.ToString(CultureInfo.InvariantCulture));
    }
}
