using System.Globalization;
using System.Xml.Linq;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Microsoft.ML.PcDarts.Reports;

/// <summary>
/// Draws the curves of a run as SVG whose colors are the page's variables, so that they follow the reader's light or dark scheme.
/// </summary>
internal static class ReportCharts
{
    private const int Width = 420, Height = 260;
    private const int MarkedPoints = 40;

    /// <summary>Losses that differ by a larger factor are drawn on a logarithmic axis: those of the first epochs can be far off.</summary>
    private const double WideRange = 20;

    // Colors that occur nowhere else; the page says what they are.
    private static readonly (OxyColor Color, string Variable)[] Palette =
    [
        (OxyColor.FromRgb(1, 2, 3), "--text"), (OxyColor.FromRgb(4, 5, 6), "--grid"), (OxyColor.FromRgb(7, 8, 9), "--first"),
        (OxyColor.FromRgb(10, 11, 12), "--second"),
    ];

    private static OxyColor Text => Palette[0].Color;

    private static OxyColor Grid => Palette[1].Color;

    /// <summary>One quantity over the epochs of a phase, as two lines of which the second may be empty.</summary>
    /// <param name="id">Begins the ids in the drawing; unique in the page.</param>
    /// <param name="title">Described in words for screen readers.</param>
    /// <param name="quantity">Title of the vertical axis, with its unit.</param>
    /// <param name="maximum">Upper end of the vertical axis; null for what the values need.</param>
    /// <param name="epochs">Epochs that the phase is planned to have.</param>
    /// <param name="first">Epoch and value, at least one of both lines.</param>
    /// <param name="second">Epoch and value.</param>
    public static string Draw(string id, string title, string quantity, double? maximum, int epochs, IEnumerable<DataPoint> first,
        IEnumerable<DataPoint> second)
    {
        DataPoint[] one = [.. first], other = [.. second];
        double[] values = [.. one.Concat(other).Select(point => point.Y)];
        bool logarithmic = maximum is null && values.Min() > 0 && values.Max() > WideRange * values.Min();
        Axis vertical = logarithmic
            ? new LogarithmicAxis
            {
                Title = $"{quantity.Replace(")", ", log)", StringComparison.Ordinal)}",
                Minimum = values.Min() / 1.2,
                Maximum = values.Max() * 1.2,
            }
            : new LinearAxis
            {
                Title = quantity,
                Minimum = 0,
                Maximum = maximum ?? 1.05 * values.Max(),
                MajorStep = maximum / 4 ?? double.NaN,
            };
        PlotModel model = new()
        {
            DefaultFont = "system-ui,sans-serif", DefaultFontSize = 13, TextColor = Text, Background = OxyColors.Transparent,
            PlotAreaBorderThickness = new OxyThickness(0), PlotMargins = new OxyThickness(62, 8, 14, 50),
        };
        model.Axes.Add(Style(new LinearAxis
        {
            Title = "epoch", Minimum = Math.Min(1, epochs - 1), Maximum = Math.Max(epochs, 2),
            MinimumMajorStep = 1
        }, AxisPosition.Bottom, titleDistance: 9));
        model.Axes.Add(Style(vertical, AxisPosition.Left, titleDistance: 24));
        model.Series.Add(Line(Palette[2].Color, LineStyle.Solid, one));
        model.Series.Add(Line(Palette[3].Color, LineStyle.Dash, other));
        return Embed(new SvgExporter { Width = Width, Height = Height }.ExportToString(model), id, title);
    }

    private static Axis Style(Axis axis, AxisPosition position, double titleDistance)
    {
        (axis.Position, axis.AxisTitleDistance, axis.IntervalLength, axis.TickStyle) = (position, titleDistance, 38, TickStyle.None);
        (axis.MajorGridlineStyle, axis.MajorGridlineColor, axis.TitleColor, axis.TextColor) = (LineStyle.Solid, Grid, Text, Text);
        axis.LabelFormatter = value => value.ToString("0.##", CultureInfo.InvariantCulture);
        return axis;
    }

    private static LineSeries Line(OxyColor color, LineStyle style, DataPoint[] points)
    {
        var line = new LineSeries { Color = color, StrokeThickness = 2, LineStyle = style };
        if (points.Length <= MarkedPoints)
            (line.MarkerType, line.MarkerSize, line.MarkerFill) = (MarkerType.Circle, 3, color);
        line.Points.AddRange(points);
        return line;
    }

    /// <summary>Makes a drawing that fills its place in a page and shares it with others.</summary>
    private static string Embed(string drawing, string id, string title)
    {
        XElement svg = XElement.Parse(drawing[drawing.IndexOf("<svg", StringComparison.Ordinal)..]);
        svg.Attribute("width")!.Remove();
        svg.Attribute("height")!.Remove();
        svg.SetAttributeValue("viewBox", $"0 0 {Width} {Height}");
        svg.SetAttributeValue("role", "img");
        svg.SetAttributeValue("aria-label", title);
        foreach (XElement clip in svg.Descendants().Where(element => element.Attribute("id") is not null))
            clip.SetAttributeValue("id", $"{id}-{clip.Attribute("id")!.Value}");
        foreach (XAttribute use in svg.Descendants().Attributes("clip-path"))
            use.Value = use.Value.Replace("#", $"#{id}-", StringComparison.Ordinal);
        string text = svg.ToString(SaveOptions.DisableFormatting);
        foreach ((OxyColor color, string variable) in Palette)
            text = text.Replace($"rgb({color.R},{color.G},{color.B})", $"var({variable})", StringComparison.Ordinal);
        return text;
    }
}
