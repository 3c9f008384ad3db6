using System.Globalization;
using System.Text;

namespace Microsoft.ML.PcDarts.Tests.Rooms;

/// <summary>The rooms and their arrows as SVG. An arrow is left out where a longer way leads to the same room.</summary>
internal static class RoomDrawing
{
    private const double Width = 196, Height = 46, Gap = 18, Narrow = 10, Rise = 40, Margin = 16, Foot = 74;

    private const string Style = """
        svg { --page: #fff; --ink: #1f2328; --soft: #59636e; --box: #f6f8fa; --line: #8c959f; --torch: #bc4c00; --ml: #0969da; }
        @media (prefers-color-scheme: dark) {
          svg { --page: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --box: #151b23; --line: #656c76; --torch: #f0883e; --ml: #4493f8; }
        }
        text { font-family: system-ui, "Segoe UI", "DejaVu Sans", Arial, sans-serif; fill: var(--ink); }
        .name { font-size: 13.5px; font-weight: 600; }
        .holds { font-size: 11px; fill: var(--soft); }
        .page { fill: var(--page); }
        .box { fill: var(--box); stroke: var(--line); }
        .arrow { fill: none; stroke: var(--line); stroke-width: 1.4; }
        .head { fill: var(--line); }
        .torch { fill: var(--torch); }
        .ml { fill: var(--ml); }
        """;

    public static string Of(RoomMap map)
    {
        // An arrow against the order, which another test reports, could close a circle.
        HashSet<(string From, string To)> arrows =
            [.. map.Arrows.Where(arrow => Room.Place(arrow.From) > Room.Place(arrow.To)).Select(arrow => (arrow.From, arrow.To))];
        (string From, string To)[] shown =
            [.. Room.All.SelectMany(from => Room.All.Select(to => (from.Name, to.Name))).Where(arrow => IsShown(arrow, arrows))];
        RoomLayout layout = new([.. Room.All.Select(room => room.Name)], shown, Width, Gap, Narrow);
        (double left, double right) = layout.Extent;
        double width = right - left + 2 * Margin;
        double floor = Margin + (layout.LayerCount - 1) * (Height + Rise), height = floor + Height + Foot;
        StringBuilder svg = new();
        Line($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:0}\" height=\"{height:0}\" viewBox=\"0 0 {width:0} {height:0}\">");
        Line($"<title>Rooms of Microsoft.ML.PcDarts</title>");
        string uses = string.Join("; ", shown.Select(arrow => $"{Short(arrow.From)} uses {Short(arrow.To)}"));
        Line($"<desc>{uses}.</desc>");
        Line($"<style>\n{Style.ReplaceLineEndings("\n")}\n</style>");
        Line($"<rect class=\"page\" width=\"100%\" height=\"100%\"/>");
        foreach (IReadOnlyList<RoomLayout.Node> route in layout.Routes)
            AddArrow(route);
        foreach (Room room in Room.All)
            AddRoom(room, layout.Nodes[room.Name]);
        AddLegend();
        Line($"</svg>");
        return svg.ToString();

        double X(RoomLayout.Node node) => node.X - left + Margin;

        double Top(RoomLayout.Node node) => floor - node.Layer * (Height + Rise);

        void AddArrow(IReadOnlyList<RoomLayout.Node> route)
        {
            double y = Top(route[0]) + Height;
            StringBuilder path = new();
            path.Append(CultureInfo.InvariantCulture, $"M{Port(route[0], route[1]):0.#},{y:0.#}");
            foreach ((RoomLayout.Node upper, RoomLayout.Node lower) in route.Zip(route.Skip(1)))
            {
                double end = Top(lower) - (lower.IsPassing ? 0 : 7), middle = (y + end) / 2;
                double from = Port(upper, lower), to = Port(lower, upper);
                path.Append(CultureInfo.InvariantCulture, $" C{from:0.#},{middle:0.#} {to:0.#},{middle:0.#} {to:0.#},{end:0.#}");
                y = end;
                if (lower.IsPassing)
                    path.Append(CultureInfo.InvariantCulture, $" V{y += Height:0.#}");
            }

            double x = Port(route[^1], route[^2]);
            Line($"<path class=\"arrow\" d=\"{path}\"/><path class=\"head\" d=\"M{x:0.#},{y + 7:0.#} l-4,-8 h8 z\"/>");
        }

        // Where an arrow meets a box: the arrows of a side share it in the order of their other ends.
        double Port(RoomLayout.Node node, RoomLayout.Node other)
        {
            List<RoomLayout.Node> side = [.. (other.Layer > node.Layer ? node.Above : node.Below).OrderBy(neighbor => neighbor.X)];
            double pitch = node.IsPassing ? 0 : Math.Min(28, (Width - 40) / side.Count);
            return X(node) + (side.IndexOf(other) - (side.Count - 1) / 2.0) * pitch;
        }

        void AddRoom(Room room, RoomLayout.Node node)
        {
            double x = X(node) - Width / 2, y = Top(node);
            Line($"<rect class=\"box\" x=\"{x:0.#}\" y=\"{y:0.#}\" width=\"{Width:0}\" height=\"{Height:0}\" rx=\"7\"/>");
            Line($"<text class=\"name\" x=\"{X(node):0.#}\" y=\"{y + 20:0.#}\" text-anchor=\"middle\">{Short(room.Name)}</text>");
            Line($"<text class=\"holds\" x=\"{X(node):0.#}\" y=\"{y + 36:0.#}\" text-anchor=\"middle\">{room.Holds}</text>");
            if (map.TorchSharpIn(room.Name).Any())
                Line($"<circle class=\"torch\" cx=\"{x + 10:0.#}\" cy=\"{y + 11:0.#}\" r=\"3.5\"/>");
            if (map.MlNetIn(room.Name).Any())
                Line($"<circle class=\"ml\" cx=\"{x + Width - 10:0.#}\" cy=\"{y + 11:0.#}\" r=\"3.5\"/>");
        }

        void AddLegend()
        {
            double y = floor + Height + 30;
            AddEntry(Margin, y, "torch", "uses TorchSharp");
            AddEntry(Margin + 120, y, "ml", "uses ML.NET or ONNX Runtime");
            AddText(Margin, y + 20, "An arrow points to a room that is used.");
            AddText(Margin, y + 36, $"Left out: {arrows.Count - shown.Length} arrows to rooms that a longer way leads to.");
        }

        void AddEntry(double x, double y, string kind, string text)
        {
            Line($"<circle class=\"{kind}\" cx=\"{x + 6:0.#}\" cy=\"{y - 4:0.#}\" r=\"4\"/>");
            AddText(x + 16, y, text);
        }

        void AddText(double x, double y, string text) => Line($"<text class=\"holds\" x=\"{x:0.#}\" y=\"{y:0.#}\">{text}</text>");

        void Line(FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static bool IsShown((string From, string To) arrow, HashSet<(string From, string To)> arrows)
        => arrows.Contains(arrow)
            && !arrows.Any(first => first.From == arrow.From && first.To != arrow.To && Leads(first.To, arrow.To, arrows));

    private static bool Leads(string from, string to, HashSet<(string From, string To)> arrows)
        => arrows.Contains((from, to)) || arrows.Any(first => first.From == from && Leads(first.To, to, arrows));

    private static string Short(string room) => room == Room.Root ? "the root folder" : room;
}
