using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>
/// The cost of a workspace: the same short run without one, with one that saves no checkpoint between its phases, and with one that saves a
/// checkpoint before every step. All take turns in one process.
/// </summary>
internal static class CheckpointBenchmark
{
    private const int Side = 32, Classes = 4;

    public static System.CommandLine.Command Create()
    {
        Option<int> pictures = new("--pictures") { DefaultValueFactory = _ => 256, Description = "Pictures of a run, 32 a step." };
        Option<int> searchCells = new("--search-cells") { DefaultValueFactory = _ => 8, Description = "Cells of the supernet." };
        Option<int> searchChannels = new("--search-channels")
        {
            DefaultValueFactory = _ => 16,
            Description = "Initial channels C of the supernet.",
        };
        Option<int> cells = new("--cells") { DefaultValueFactory = _ => 20, Description = "Cells of the network." };
        Option<int> channels = new("--channels") { DefaultValueFactory = _ => 36, Description = "Initial channels C of the network." };
        Option<int> rounds = new("--rounds")
        {
            DefaultValueFactory = _ => 5,
            Description = "Measurements of each way, after one that warms up.",
        };
        var command = new System.CommandLine.Command("checkpoint", "Time that a workspace and its checkpoints take.")
        {
            pictures, searchCells, searchChannels, cells, channels, rounds,
        };
        command.SetAction(parsed =>
        {
            string temporary = Directory.CreateTempSubdirectory("pcdarts-benchmark-").FullName;
            try
            {
                Draw(temporary, parsed.GetValue(pictures));
                Cost search = Measure("search", temporary, parsed.GetValue(rounds), () => new PcDartsTrainer.Options
                {
                    SearchEpochs = 2, SearchWarmUpEpochs = 1, SearchBatchSize = 32, SearchLayers = parsed.GetValue(searchCells),
                    SearchInitialChannels = parsed.GetValue(searchChannels),
                    SearchCandidates = 1, Epochs = 1, TrainingImages = 32, InitialChannels = 4, Layers = 2,
                });
                Cost training = Measure("training", temporary, parsed.GetValue(rounds), () => new PcDartsTrainer.Options
                {
                    Genotype = KnownGenotypes.PcDartsCifar, Epochs = 1, BatchSize = 32, InitialChannels = parsed.GetValue(channels),
                    Layers = parsed.GetValue(cells), AuxiliaryWeight = 0.4,
                });
                Console.WriteLine(JsonSerializer.Serialize(new { share = Math.Max(search.Share, training.Share), search, training },
                    JsonSerializerOptions.Web));
            }
            finally
            {
                Directory.Delete(temporary, recursive: true);
            }
        });
        return command;
    }

    private static Cost Measure(string phase, string pictures, int rounds, Func<PcDartsTrainer.Options> create)
    {
        string workspace = Path.Combine(pictures, "workspace");
        int checkpoints = 0, few = 0;
        long bytes = 0;
        double[][] seconds = Interleaved.Time(
            rounds,
            () => Fit(pictures, create()),
            () =>
            {
                Fit(pictures, InWorkspace(TimeSpan.FromDays(1)));
                few = Empty();
            },
            () =>
            {
                Fit(pictures, InWorkspace(TimeSpan.Zero));
                checkpoints = Empty();
            });
        double secondsPerCheckpoint = Interleaved.Median(seconds[2].Zip(seconds[1], (many, none) => (many - none) / (checkpoints - few)));
        double interval = new PcDartsTrainer.Options().CheckpointInterval.TotalSeconds;
        Cost cost = new(secondsPerCheckpoint / interval, secondsPerCheckpoint, bytes, Interleaved.Ratio(seconds[1], seconds[0]));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{phase}: a checkpoint of {bytes / 1e6:F1} MB takes {secondsPerCheckpoint * 1000:F0} ms, {cost.Share:P2} of the default "
                + $"interval of {interval:F0} s; "
            + $"a run of {Interleaved.Median(seconds[0]):F1} s takes {cost.WorkspaceTime:F3} times as long in a workspace without "
            + $"checkpoints between ({checkpoints - few} checkpoints, {rounds} rounds)"));
        return cost;

        PcDartsTrainer.Options InWorkspace(TimeSpan interval)
        {
            PcDartsTrainer.Options options = create();
            (options.WorkspacePath, options.CheckpointInterval) = (workspace, interval);
            options.MetricsCallback = _ => bytes = Math.Max(bytes,
                new DirectoryInfo(workspace).EnumerateFiles("*.safetensors", SearchOption.AllDirectories).Select(file => file.Length)
                    .DefaultIfEmpty().Max());
            return options;
        }

        // Checkpoints are numbered from 1, so the last one's number is how many there were.
        int Empty()
        {
            int last = Directory.EnumerateFiles(Path.Combine(workspace, Workspace.CheckpointsFolder), "*.json")
                .Max(file => int.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture));
            Directory.Delete(workspace, recursive: true);
            return last;
        }
    }

    private static void Fit(string pictures, PcDartsTrainer.Options options)
    {
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Data.LoadImageFolder(Path.Combine(pictures, "train"));
        using var model = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.Transforms.LoadImages("Image", imageFolder: null, "ImagePath"))
            .Append(ml.MulticlassClassification.Trainers.PcDarts(options))
            .Fit(rows);
    }

    private static void Draw(string folder, int count)
    {
        for (int i = 0; i < count; i++)
        {
            string path = Path.Combine(folder, "train", $"class {i % Classes}");
            Directory.CreateDirectory(path);
            using MLImage picture = RandomPicture.Draw(i, Side, Side, grain: 16);
            picture.Save(Path.Combine(path, $"{i}.jpg"));
        }
    }

    /// <summary>
    /// Share of the default interval, seconds and bytes of a checkpoint; time with a workspace as a multiple of the time without.
    /// </summary>
    private sealed record Cost(double Share, double SecondsPerCheckpoint, long Bytes, double WorkspaceTime);
}
