using System.Globalization;
using System.Xml.Linq;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Microsoft.ML.PcDarts;

/// <summary>Draws the curves of a run as SVG whose colours are the page's variables, so that they follow the reader's light or dark scheme.</summary>
internal static class ReportCharts
{
    private const int Width = 460, Height = 260;
    private const int MarkedPoints = 40;

    // Colours that occur nowhere else; the page says what they are.
    private static readonly (OxyColor Color, string Variable)[] Palette =
    [
        (OxyColor.FromRgb(1, 2, 3), "--text"), (OxyColor.FromRgb(4, 5, 6), "--grid"), (OxyColor.FromRgb(7, 8, 9), "--first"), (OxyColor.FromRgb(10, 11, 12), "--second"),
    ];

    private static OxyColor Text => Palette[0].Color;

    private static OxyColor Grid => Palette[1].Color;

    /// <summary>One quantity over the epochs of a phase, as two lines of which the second may be empty.</summary>
    /// <param name="id">Begins the ids in the drawing; unique in the page.</param>
    /// <param name="title">Described in words for screen readers.</param>
    /// <param name="quantity">Title of the vertical axis, with its unit.</param>
    /// <param name="maximum">Upper end of the vertical axis; null for what the values need.</param>
    /// <param name="epochs">Epochs that the phase is planned to have.</param>
    /// <param name="first">Epoch and value.</param>
    /// <param name="second">Epoch and value.</param>
    public static string Draw(string id, string title, string quantity, double? maximum, int epochs, IEnumerable<DataPoint> first, IEnumerable<DataPoint> second)
    {
        PlotModel model = new()
        {
            DefaultFont = "system-ui,sans-serif", DefaultFontSize = 12, TextColor = Text, Background = OxyColors.Transparent, PlotAreaBorderThickness = new OxyThickness(0), PlotMargins = new OxyThickness(46, 8, 12, 40),
        };
        model.Axes.Add(NewAxis(AxisPosition.Bottom, "epoch", Math.Min(1, epochs - 1), Math.Max(epochs, 2), minimumStep: 1));
        model.Axes.Add(NewAxis(AxisPosition.Left, quantity, 0, maximum ?? double.NaN, minimumStep: 0));
        model.Series.Add(Line(Palette[2].Color, LineStyle.Solid, first));
        model.Series.Add(Line(Palette[3].Color, LineStyle.Dash, second));
        return Embed(new SvgExporter { Width = Width, Height = Height }.ExportToString(model), id, title);
    }

    private static LinearAxis NewAxis(AxisPosition position, string title, double minimum, double maximum, double minimumStep) => new()
    {
        Position = position, Title = title, Minimum = minimum, Maximum = maximum, MinimumMajorStep = minimumStep, MaximumPadding = 0.05, AxisTitleDistance = 6,
        MajorGridlineStyle = LineStyle.Solid, MajorGridlineColor = Grid, TickStyle = TickStyle.None, TitleColor = Text, TextColor = Text,
        LabelFormatter = value => value.ToString("0.##", CultureInfo.InvariantCulture),
    };

    private static LineSeries Line(OxyColor color, LineStyle style, IEnumerable<DataPoint> values)
    {
        DataPoint[] points = [.. values];
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
