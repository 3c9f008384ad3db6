using System.Globalization;
using OxyPlot;
using OxyPlot.Axes;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>The style that all charts share.</summary>
internal static class ChartStyle
{
    public static OxyColor First { get; } = OxyColor.Parse("#0072b2");

    public static OxyColor Second { get; } = OxyColor.Parse("#d55e00");

    public static OxyColor Faint { get; } = OxyColor.Parse("#9a9a9a");

    public static OxyColor Grid { get; } = OxyColor.Parse("#e3e3e3");

    /// <summary>An empty chart on white.</summary>
    public static PlotModel NewModel() => new()
    {
        DefaultFont = "Arial,Helvetica,sans-serif", DefaultFontSize = 13, Background = OxyColors.White,
        PlotAreaBorderThickness = new OxyThickness(0),
    };

    /// <summary>Writes a chart as SVG.</summary>
    public static void Save(PlotModel model, string path, int width, int height)
    {
        using FileStream file = File.Create(path);
        new SvgExporter { Width = width, Height = height }.Export(model, file);
    }
}

/// <summary>A logarithmic axis that is marked at the given values and nowhere else.</summary>
internal sealed class MarkedAxis : LogarithmicAxis
{
    private readonly double[] _marks;

    /// <param name="marks">The values; those outside the axis are left out.</param>
    public MarkedAxis(IEnumerable<double> marks)
    {
        _marks = [.. marks];
        LabelFormatter = value => value.ToString("0.##", CultureInfo.InvariantCulture);
        MajorGridlineStyle = LineStyle.Solid;
        MajorGridlineColor = ChartStyle.Grid;
        CropGridlines = true;
        TickStyle = TickStyle.None;
    }

    public override void GetTickValues(out IList<double> majorLabelValues, out IList<double> majorTickValues,
        out IList<double> minorTickValues)
    {
        majorTickValues = [.. _marks.Where(mark => mark >= ActualMinimum && mark <= ActualMaximum)];
        majorLabelValues = majorTickValues;
        minorTickValues = [];
    }
}
