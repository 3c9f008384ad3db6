using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>
/// How time and peak memory of a search step grow with batch, channels, cells, side and classes, and of a training step with batch and
/// channels: one varied at a time, each setting in a process of its own.
/// </summary>
internal static class ScalingBenchmark
{
    private const int TrainingBatch = 96;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private static readonly ScalingSetting Search = new(Training: false);
    private static readonly ScalingSetting Training = new(Training: true, TrainingBatch);

    private static readonly (ScalingSetting Around, string Varied, int[] Values, Func<ScalingSetting, int, ScalingSetting> With)[] Plan =
    [
        (Search, "batch", [16, 32, 64, 128, 256], (setting, value) => setting with { Batch = value }),
        (Search, "channels", [8, 16, 24, 32], (setting, value) => setting with { Channels = value }),
        (Search, "cells", [4, 6, 8, 10, 12], (setting, value) => setting with { Cells = value }),
        (Search, "side", [16, 24, 32, 48, 64], (setting, value) => setting with { Side = value }),
        (Search, "classes", [10, 100, 300, 1000], (setting, value) => setting with { Classes = value }),
        (Training, "batch", [16, 32, 96, 192, 256], (setting, value) => setting with { Batch = value }),
        (Training, "channels", [8, 16, 24, 36, 48], (setting, value) => setting with { Channels = value }),
    ];

    public static System.CommandLine.Command Create()
    {
        Option<string?> chart = new("--chart") { Description = "SVG file for a chart." };
        Option<string[]> from = new("--from")
        {
            DefaultValueFactory = _ => [],
            Description = "File whose last line is the JSON of an earlier run: its figures are shown and drawn, nothing is measured. "
                + "Of several, the fastest counts at each setting.",
        };
        Option<string?> setting = new("--setting") { Description = "Measures this process.", Hidden = true };
        var command = new System.CommandLine.Command("scaling", "How a step's time and memory grow with its settings.")
        {
            chart, from, setting,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(setting) is { } here)
                Console.WriteLine(JsonSerializer.Serialize(JsonSerializer.Deserialize<ScalingSetting>(here, Json)!.Measure(), Json));
            else
                Run(parsed.GetValue(from)!, parsed.GetValue(chart));
        });
        return command;
    }

    private static void Run(string[] from, string? chart)
    {
        ScalingSeries[] series = from.Length == 0
            ? Measure()
            : from.Select(file => JsonSerializer.Deserialize<Result>(File.ReadLines(file).Last(), Json)!.Series)
                .Aggregate((all, more) => [.. all.Zip(more, (one, again) => one.Faster(again))]);
        Console.WriteLine("| Step | Varied | Values | Seconds a step | Images/s | Peak memory, GB |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (ScalingSeries one in series)
        {
            Console.WriteLine($"| {(one.Training ? "Training" : "Search")} | {one.Varied} | {Row(one.Values, value => $"{value}")} "
                + $"| {Row(one.Seconds, Short)}"
                + $" | {Row(one.ImagesPerSecond, Short)} | {Row(one.PeakMemoryBytes, bytes => Short(bytes / 1e9))} |");
        }
        if (chart is not null)
            ScalingChart.Save(series, chart);
        Console.WriteLine(JsonSerializer.Serialize(new Result(series), Json));
    }

    private static ScalingSeries[] Measure()
    {
        Dictionary<ScalingSetting, ScalingMeasurement> known = [];
        return [.. Plan.Select(plan =>
        {
            ScalingSetting[] settings = [.. plan.Values.Select(value => plan.With(plan.Around, value))];
            ScalingMeasurement[] costs = [.. settings.Select(setting => known.TryGetValue(setting, out ScalingMeasurement? cost)
                ? cost
                : known[setting] = InProcess(setting))];
            return new ScalingSeries(
                plan.Around.Training, plan.Varied, plan.Values, [.. costs.Select(cost => cost.Seconds)],
                [.. settings.Zip(costs, (setting, cost) => setting.Batch / cost.Seconds)], [.. costs.Select(cost => cost.PeakMemoryBytes)]);
        })];
    }

    private static ScalingMeasurement InProcess(ScalingSetting setting)
    {
        string line = MeasuringProcess.LastLine("scaling", "--setting", JsonSerializer.Serialize(setting, Json));
        Console.WriteLine($"{setting}: {line}");
        return JsonSerializer.Deserialize<ScalingMeasurement>(line, Json)!;
    }

    private static string Row<T>(IEnumerable<T> values, Func<T, string> text) => string.Join(", ", values.Select(text));

    private static string Short(double value)
        => value.ToString(value < 10 ? "0.00" : value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);

    private sealed record Result(ScalingSeries[] Series);
}
