using System.Globalization;
using Microsoft.ML.PcDarts;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;
using PcDarts.Cli.Models;

namespace PcDarts.Cli.Rendering;

/// <summary>Draws the final trainings of several runs as SVG: validation accuracy above training loss, over the epochs.</summary>
internal static class ComparisonChart
{
    private const int Width = 900, Height = 620, LegendRow = 22;
    private const string Loss = "loss", Accuracy = "accuracy";
    private static readonly LineStyle[] Styles = [LineStyle.Solid, LineStyle.Dash, LineStyle.Dot];

    // Okabe and Ito's colors, which color-blind readers can tell apart, without their yellow, which is faint on white.
    private static readonly OxyColor[] Colors = [
        .. ((string[])["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"]).Select(OxyColor.Parse)];

    /// <summary>The drawing; null when no run has ended an epoch of its training.</summary>
    public static string? Draw(RunComparison comparison)
    {
        EpochMetrics[][] runs = [.. comparison.Runs.Select(
            run => run.Epochs.Where(epoch => epoch.Phase == TrainingPhase.Training).ToArray())];
        if (runs.All(epochs => epochs.Length == 0))
            return null;
        PlotModel model = new()
        {
            DefaultFont = "Arial,Helvetica,sans-serif", DefaultFontSize = 13, Background = OxyColors.White,
            PlotAreaBorderThickness = new OxyThickness(0),
            PlotMargins = new OxyThickness(66, 12, 14, 50),
        };
        model.Legends.Add(new Legend
        {
            LegendPlacement = LegendPlacement.Outside,
            LegendPosition = LegendPosition.BottomCenter,
            LegendOrientation = LegendOrientation.Vertical,
            LegendSymbolLength = 28,
            LegendLineSpacing = 6,
        });
        model.Axes.Add(Style(new LinearAxis
        {
            Position = AxisPosition.Bottom, Title = "epoch of the final training", MinimumMajorStep = 1,
            CropGridlines = true
        }, titleDistance: 10));
        model.Axes.Add(Style(new LinearAxis
        {
            Position = AxisPosition.Left, Key = Loss, Title = "training cross-entropy (nats)",
            Minimum = 0, MaximumPadding = 0.05, EndPosition = 0.47
        }, titleDistance: 26));
        model.Axes.Add(Style(new LinearAxis
        {
            Position = AxisPosition.Left, Key = Accuracy, Title = "validation accuracy (%)",
            MinimumPadding = 0.05, MaximumPadding = 0.05, StartPosition = 0.53
        }, titleDistance: 26));
        for (int i = 0; i < runs.Length; i++)
        {
            if (runs[i].Length == 0)
                continue;
            model.Series.Add(Line(i, Accuracy, null, runs[i].Select(epoch => (epoch.Epoch, 100 * epoch.ValidationAccuracy))));
            model.Series.Add(Line(i, Loss, comparison.Names[i], runs[i].Select(epoch => (epoch.Epoch, (double?)epoch.Loss))));
        }

        return new SvgExporter { Width = Width, Height = Height + LegendRow * runs.Length }.ExportToString(model);
    }

    private static LinearAxis Style(LinearAxis axis, double titleDistance)
    {
        (axis.MajorGridlineStyle, axis.MajorGridlineColor, axis.TickStyle, axis.AxisTitleDistance) = (LineStyle.Solid,
            OxyColor.Parse("#e3e3e3"), TickStyle.None, titleDistance);
        axis.LabelFormatter = value => value.ToString("0.##", CultureInfo.InvariantCulture);
        return axis;
    }

    private static LineSeries Line(int run, string axis, string? title, IEnumerable<(int Epoch, double? Value)> points)
    {
        OxyColor color = Colors[run % Colors.Length];
        LineSeries line = new()
        {
            YAxisKey = axis, Title = title, RenderInLegend = title is not null, Color = color, StrokeThickness = 2,
            LineStyle = Styles[run / Colors.Length % Styles.Length],
            MarkerType = MarkerType.Circle, MarkerSize = 2.5, MarkerFill = color,
        };
        line.Points.AddRange(points.Where(point => point.Value is { } value && double.IsFinite(value))
            .Select(point => new DataPoint(point.Epoch, point.Value!.Value)));
        return line;
    }
}
