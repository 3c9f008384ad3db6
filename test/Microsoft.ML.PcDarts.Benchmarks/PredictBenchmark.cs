using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.PcDarts.Torch;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>
/// Rows a second of all the ways to score pictures with a discovered network of random weights, one after another in each round; the
/// defaults are the PC-DARTS CIFAR genotype at C = 16, 8 cells, 32×32.
/// </summary>
internal static class PredictBenchmark
{
    private const string Torch = "TorchSharp eager";
    private const string Bare = "bare session";
    private const string BareParallel = "bare session, a caller per core";
    private const string Images = "predictor, decoded pictures";
    private const string Single = "predictor, one picture a call";
    private const string Files = "predictor, files";
    private const string Loaded = "loaded model.zip, row by row, files";
    private const string Fitted = "fitted Transform, files";
    private static readonly int[] TorchBatches = [1, 8, 64];
    private static readonly int[] SessionBatches = [1, 2, 4, 8, 16, 64];

    public static System.CommandLine.Command Create()
    {
        Option<int> channels = new("--channels") { DefaultValueFactory = _ => 16, Description = "Initial channels C." };
        Option<int> cells = new("--cells") { DefaultValueFactory = _ => 8, Description = "Cells of the network." };
        Option<int> size = new("--size") { DefaultValueFactory = _ => 32, Description = "Side of the pictures in pixels." };
        Option<int> rows = new("--rows") { DefaultValueFactory = _ => 512, Description = "Pictures a measurement." };
        Option<int> rounds = new("--rounds")
        {
            DefaultValueFactory = _ => 7,
            Description = "Measurements of each way, after one that warms up.",
        };
        var command = new System.CommandLine.Command("predict",
            "Rows a second of the batched predictor, TorchSharp, a bare ONNX session and ML.NET's row-by-row path.")
            {
                channels, cells, size, rows, rounds,
            };
        command.SetAction(parsed =>
        {
            int side = parsed.GetValue(size);
            var shape = new NetworkShape
            {
                InitialChannels = parsed.GetValue(channels),
                Layers = parsed.GetValue(cells),
                Classes = 10,
                ImageHeight = side,
                ImageWidth = side,
            };
            Run(shape, parsed.GetValue(rows), parsed.GetValue(rounds));
        });
        return command;
    }

    private static void Run(NetworkShape shape, int rows, int rounds)
    {
        TorchRuntime.EnsureLoaded();
        TorchRuntime.SetThreads(null);
        using var subjects = new PredictSubjects(shape, rows);
        Subject[] all =
        [
            .. TorchBatches.SelectMany(batch =>
                new[] { false, true }.Select(channelsLast => TorchSubject(subjects, rows, batch, channelsLast))),
            .. SessionBatches.Select(batch => new Subject(Bare, $"batch {batch}", rows, () => subjects.Session(batch))),
            .. SessionBatches.Select(batch => new Subject(BareParallel, $"batch {batch}", rows, () => subjects.ParallelSession(batch))),
            new(Images, "", rows, subjects.PredictImages), new(Single, "", rows, subjects.PredictOneByOne),
            new(Files, "", rows, subjects.PredictFiles),
            new(Loaded, "", rows, subjects.LoadedTransform), new(Fitted, "", rows, subjects.FittedTransform),
        ];
        double[][] seconds = Interleaved.Time(rounds, [.. all.Select(subject => subject.Run)]);
        foreach ((Subject subject, double[] times) in all.Zip(seconds))
            subject.SecondsARow = [.. times.Select(time => time / subject.Rows)];
        Print(shape, rows, rounds, subjects.BatchSize, all);
    }

    // Torch takes tens of milliseconds for a picture alone: fewer of them, so that a round stays short.
    private static Subject TorchSubject(PredictSubjects subjects, int rows, int batch, bool channelsLast)
    {
        int some = Math.Min(rows, 64 * batch);
        return new Subject(Torch, $"batch {batch}{(channelsLast ? " channels-last" : "")}", some,
            () => subjects.Torch(batch, some, channelsLast));
    }

    private static void Print(NetworkShape shape, int rows, int rounds, int batchSize, Subject[] all)
    {
        Console.WriteLine($"C={shape.InitialChannels}, {shape.Layers} cells, {shape.ImageWidth}×{shape.ImageHeight}, {rows} "
            + $"pictures, {rounds} rounds, {get_num_threads()} threads. "
            + "Rows a second: median (least to most) of the fastest setting.");
        Dictionary<string, double[]> best = [];
        foreach (IGrouping<string, Subject> way in all.GroupBy(subject => subject.Way))
        {
            Subject fastest = way.MaxBy(subject => subject.Rate)!;
            best[way.Key] = fastest.SecondsARow;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{way.Key,-38}{fastest.Rate,8:F0}  ({1 / fastest.SecondsARow.Max():F0} "
                    + $"to {1 / fastest.SecondsARow.Min():F0}) {fastest.Setting}"));
            if (way.Count() > 1)
                Console.WriteLine("    " + string.Join(", ", way.Select(subject => $"{subject.Setting}: {Math.Round(subject.Rate)}")));
        }
        double ratio = Interleaved.Ratio(best[Torch], best[Images]), bare = Interleaved.Ratio(best[Images], best[Bare]),
            rowByRow = Interleaved.Ratio(best[Loaded], best[Files]);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            ratio, overBareSession = bare, againstRowByRow = rowByRow, ratioToTorch = ratio, timeToBareSession = bare,
            ratioToRowByRow = rowByRow,
            overParallelBareSession = Interleaved.Ratio(best[Images], best[BareParallel]),
            transformAgainstRowByRow = Interleaved.Ratio(best[Loaded], best[Fitted]),
            rowsPerSecond = Rate(Images), oneByOneRowsPerSecond = Rate(Single), filesPerSecond = Rate(Files),
            torchRowsPerSecond = Rate(Torch), bareRowsPerSecond = Rate(Bare),
            parallelBareRowsPerSecond = Rate(BareParallel), rowByRowFilesPerSecond = Rate(Loaded),
            transformFilesPerSecond = Rate(Fitted), batchSize,
        }));

        double Rate(string way) => 1 / Interleaved.Median(best[way]);
    }

    private sealed record Subject(string Way, string Setting, int Rows, Action Run)
    {
        public double[] SecondsARow { get; set; } = [];

        public double Rate => 1 / Interleaved.Median(SecondsARow);
    }
}
