using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>Draws how costs grow: a column for each varied setting, time above memory, all axes logarithmic.</summary>
internal static class ScalingChart
{
    private const int Width = 1100, Height = 580;
    private const double ColumnGap = 0.02, RowGap = 0.04;
    private static readonly (string Varied, string Title, double[] Marks, int Power)[] Columns =
    [
        ("batch", "batch (pictures)", [16, 32, 64, 128, 256], 1), ("channels", "initial channels C", [8, 16, 24, 32, 48], 1),
        ("cells", "cells", [4, 6, 8, 10, 12], 1),
        ("side", "side (pixels)", [16, 24, 32, 48, 64], 2), ("classes", "classes", [10, 100, 1000], 0),
    ];

    private static readonly (string Title, Func<ScalingSeries, double[]> Costs, double[] Marks)[] Rows =
    [
        ("peak memory (GB)", series => [.. series.PeakMemoryBytes.Select(bytes => bytes / 1e9)], [0.2, 0.5, 1, 2, 5, 10, 20]),
        ("time of a step (s)", series => series.Seconds, [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20]),
    ];

    /// <summary>Writes the chart as SVG.</summary>
    public static void Save(ScalingSeries[] series, string path)
    {
        PlotModel model = ChartStyle.NewModel();
        for (int row = 0; row < Rows.Length; row++)
        {
            double[] costs = [.. series.SelectMany(Rows[row].Costs)];
            model.Axes.Add(Place(
                new MarkedAxis(Rows[row].Marks)
                {
                    Position = AxisPosition.Left, Key = Rows[row].Title, Title = Rows[row].Title,
                    Minimum = costs.Min() / 1.3, Maximum = costs.Max() * 1.3
                },
                row, Rows.Length, RowGap));
        }
        for (int column = 0; column < Columns.Length; column++)
        {
            (string varied, string title, double[] marks, int power) = Columns[column];
            ScalingSeries[] shown = [.. series.Where(one => one.Varied == varied)];
            (double first, double last) = (shown.Min(one => one.Values[0]), shown.Max(one => one.Values[^1]));
            double margin = Math.Pow(last / first, 0.07);
            model.Axes.Add(Place(
                new MarkedAxis(marks)
                {
                    Position = AxisPosition.Bottom, Key = varied, Title = title, Minimum = first / margin,
                    Maximum = last * margin
                },
                column, Columns.Length, ColumnGap));
            foreach (ScalingSeries one in shown)
            {
                foreach ((string key, Func<ScalingSeries, double[]> costs, _) in Rows)
                {
                    if (!one.Training && power > 0)
                        model.Series.Add(Proportion(varied, key, costs(one)[0], first, last, power));
                    model.Series.Add(Line(varied, key, one.Values, costs(one), one.Training));
                }
            }
        }
        AddLegend(model, series);
        ChartStyle.Save(model, path, Width, Height);
    }

    // Words in the colors of the lines, in the free corner of the first panel: a legend's box would depend on the widths of a font that
    // the viewer may lack.
    private static void AddLegend(PlotModel model, ScalingSeries[] series)
    {
        double left = Columns[0].Marks[0], top = series.SelectMany(Rows[^1].Costs).Max();
        (string Text, OxyColor Color)[] words = [("search step", ChartStyle.First), ("training step", ChartStyle.Second),
            ("in proportion", ChartStyle.Faint)];
        for (int i = 0; i < words.Length; i++)
        {
            model.Annotations.Add(new TextAnnotation
            {
                XAxisKey = Columns[0].Varied, YAxisKey = Rows[^1].Title, Text = words[i].Text, TextColor = words[i].Color,
                TextPosition = new DataPoint(left, top / Math.Pow(1.35, i)),
                TextHorizontalAlignment = HorizontalAlignment.Left, TextVerticalAlignment = VerticalAlignment.Middle, StrokeThickness = 0,
            });
        }
    }

    private static MarkedAxis Place(MarkedAxis axis, int index, int count, double gap)
    {
        axis.StartPosition = (double)index / count + (index == 0 ? 0 : gap / 2);
        axis.EndPosition = (index + 1.0) / count - (index == count - 1 ? 0 : gap / 2);
        axis.FontSize = 12;
        return axis;
    }

    private static LineSeries Line(string x, string y, int[] values, double[] costs, bool training)
    {
        OxyColor color = training ? ChartStyle.Second : ChartStyle.First;
        var line = new LineSeries
        {
            XAxisKey = x,
            YAxisKey = y,
            Color = color,
            StrokeThickness = 2,
            MarkerType = MarkerType.Circle,
            MarkerSize = 4,
            MarkerFill = color,
        };
        line.Points.AddRange(values.Zip(costs, (value, cost) => new DataPoint(value, cost)));
        return line;
    }

    // Where a cost would be that grows with the value (a side: with the pixels) and nothing else.
    private static LineSeries Proportion(string x, string y, double cost, double first, double last, int power)
    {
        var line = new LineSeries { XAxisKey = x, YAxisKey = y, Color = ChartStyle.Faint, StrokeThickness = 1, LineStyle = LineStyle.Dash };
        line.Points.Add(new DataPoint(first, cost));
        line.Points.Add(new DataPoint(last, cost * Math.Pow(last / first, power)));
        return line;
    }
}
