using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace PcDarts.Cli.Rendering;

/// <summary>
/// A phase on one line: name, bar, share and figures. Where the line is too narrow the bar shrinks first, then figures are left out, the
/// least important first.
/// </summary>
internal sealed class ProgressLine(string title, double share, IReadOnlyList<Figure> figures) : Renderable
{
    private const int TitleWidth = 6, LongestBar = 20, ShortestBar = 6;
    private static readonly Style Done = new(Color.Yellow), Finished = new(Color.Green), Left = new(Color.Gray);

    /// <summary>The part that fits into a width.</summary>
    /// <param name="width">Characters of the line.</param>
    /// <returns>Characters of the bar, and the figures in words.</returns>
    public (int Bar, string Figures) Fit(int width)
    {
        int room = width - TitleWidth - "  100 %  ".Length;
        List<Figure> kept = [.. figures];
        while (kept.Count > 0 && Text(kept).Length > room - ShortestBar)
            kept.Remove(kept.MaxBy(figure => figure.Rank)!);
        string text = Text(kept);
        return (Math.Clamp(room - text.Length, ShortestBar, LongestBar), text);
    }

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        (int bar, string text) = Fit(maxWidth);
        int done = (int)Math.Round(share * bar);
        string line = options.Unicode ? "━" : "-";
        return
        [
            new Segment($"{title,-TitleWidth} "),
            new Segment(string.Concat(Enumerable.Repeat(line, done)), share >= 1 ? Finished : Done),
            new Segment(string.Concat(Enumerable.Repeat(options.Unicode ? line : " ", bar - done)), Left),
            new Segment(string.Create(CultureInfo.InvariantCulture, $" {100 * share,3:F0} %  ")),
            new Segment(text, Left),
        ];
    }

    private static string Text(List<Figure> figures) => string.Join(", ", figures.Select(figure => figure.Text));
}

/// <summary>A figure in words.</summary>
/// <param name="Text">Such as <c>loss 1.234</c>.</param>
/// <param name="Rank">Where room is short, the figure of the highest rank is left out first.</param>
internal sealed record Figure(string Text, int Rank);
