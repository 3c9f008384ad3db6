using System.CommandLine;
using System.Text.Json;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>
/// Runs search-step, train-step and memory, and draws their ratios: what a step costs beside the form of the paper's code.
/// </summary>
internal static class SpeedBenchmark
{
    private const int Width = 760, Height = 300;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static System.CommandLine.Command Create()
    {
        Option<string> chart = new("--chart") { DefaultValueFactory = _ => "speed.svg", Description = "SVG file for the chart." };
        Option<string?> from = new("--from")
        {
            Description = "File whose last line is the JSON of an earlier run: its figures are drawn, nothing is measured.",
        };
        var command = new System.CommandLine.Command("speed", "A chart of search-step, train-step and memory.") { chart, from };
        command.SetAction(parsed =>
        {
            Shares shares = parsed.GetValue(from) is { } file
                ? JsonSerializer.Deserialize<Shares>(File.ReadLines(file).Last(), Json)!
                : Measure();
            Save(shares, parsed.GetValue(chart)!);
            Console.WriteLine(JsonSerializer.Serialize(shares, Json));
        });
        return command;
    }

    private static Shares Measure()
    {
        JsonElement search = Result("search-step"), train = Result("train-step"), memory = Result("memory");
        JsonElement trainRatios = train.GetProperty("ratios");
        return new Shares(
            1 / search.GetProperty("ratio").GetDouble(), 1 / trainRatios[0].GetDouble(), 1 / trainRatios[1].GetDouble(),
            memory.GetProperty("peakRatio").GetDouble(), memory.GetProperty("memorySavingPeakRatio").GetDouble());
    }

    private static JsonElement Result(string command)
    {
        string line = MeasuringProcess.LastLine(command);
        Console.WriteLine($"{command}: {line}");
        return JsonSerializer.Deserialize<JsonElement>(line);
    }

    private static void Save(Shares shares, string path)
    {
        (string Name, double Share)[] rows =
        [
            ("search step, time", shares.SearchTime), ("training step C=16, time", shares.TrainTime16),
            ("training step C=36, time", shares.TrainTime36),
            ("search step, peak memory", shares.SearchMemory), ("the same with MemorySaving", shares.SavingMemory),
        ];
        PlotModel model = ChartStyle.NewModel();
        // Room for the names in whatever font the viewer has.
        model.PlotMargins = new OxyThickness(230, double.NaN, double.NaN, double.NaN);
        var names = new CategoryAxis
        {
            Position = AxisPosition.Left,
            TickStyle = TickStyle.None,
            StartPosition = 1,
            EndPosition = 0,
            GapWidth = 0.4,
        };
        names.Labels.AddRange(rows.Select(row => row.Name));
        model.Axes.Add(names);
        model.Axes.Add(new LinearAxis
        {
            Position = AxisPosition.Bottom, Minimum = 0, Maximum = 1.05, MajorStep = 0.25, TickStyle = TickStyle.None,
            StringFormat = "0.##", Title = "share of what the structure of the paper's code takes",
        });
        var bars = new BarSeries
        {
            FillColor = ChartStyle.First,
            LabelPlacement = LabelPlacement.Outside,
            LabelMargin = 8,
            LabelFormatString = "{0:0.00}",
        };
        bars.Items.AddRange(rows.Select(row => new BarItem(row.Share)));
        model.Series.Add(bars);
        model.Annotations.Add(new LineAnnotation
        {
            Type = LineAnnotationType.Vertical,
            X = 1,
            Color = ChartStyle.Faint,
            LineStyle = LineStyle.Dash,
        });
        ChartStyle.Save(model, path, Width, Height);
    }

    /// <summary>Costs here over the yardstick's.</summary>
    private sealed record Shares(double SearchTime, double TrainTime16, double TrainTime36, double SearchMemory, double SavingMemory);
}
