using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>
/// Loss curves of float32 and bfloat16 searches on the same pictures, several seeds each: a measurement of the results, not of time.
/// </summary>
internal static class PrecisionBenchmark
{
    public static System.CommandLine.Command Create()
    {
        Option<string> images = new("--images") { Required = true, Description = "Folder with one sub-folder of pictures for each class." };
        Option<int> count = new("--count") { DefaultValueFactory = _ => 2000, Description = "Pictures of the search." };
        Option<int> size = new("--size")
        {
            DefaultValueFactory = _ => 32,
            Description = "Largest side that pictures are resized to. A CPU without bfloat16 instructions wants 16 and fewer "
                + "pictures and channels.",
        };
        Option<int> channels = new("--channels") { DefaultValueFactory = _ => 16, Description = "Initial channels C of the supernet." };
        Option<int> cells = new("--cells") { DefaultValueFactory = _ => 3, Description = "Cells of the supernet." };
        Option<int> epochs = new("--epochs")
        {
            DefaultValueFactory = _ => 8,
            Description = "Epochs; the architecture is stepped from the third on.",
        };
        Option<int> seeds = new("--seeds") { DefaultValueFactory = _ => 3, Description = "Seeds of each precision." };
        Option<int?> gpu = new("--gpu") { Description = "Number of a CUDA GPU; without it the CPU." };
        var command = new System.CommandLine.Command("precision", "Loss curves of float32 and bfloat16 searches.")
        {
            images, count, size, channels, cells, epochs, seeds, gpu,
        };
        command.SetAction(parsed =>
        {
            PcDartsTrainer.Options Options() => new()
            {
                SearchImages = parsed.GetValue(count),
                SearchInitialChannels = parsed.GetValue(channels),
                SearchLayers = parsed.GetValue(cells),
                SearchEpochs = parsed.GetValue(epochs),
                SearchWarmUpEpochs = Math.Min(2, parsed.GetValue(epochs) - 1),
                SearchBatchSize = 64,
                // The network that is trained afterwards does not matter here.
                TrainingImages = 64,
                Epochs = 1,
                InitialChannels = 4,
                Layers = 2,
                MaximumImageSize = parsed.GetValue(size),
            };
            Run(parsed.GetRequiredValue(images), Options, parsed.GetValue(seeds), parsed.GetValue(gpu));
        });
        return command;
    }

    private static void Run(string images, Func<PcDartsTrainer.Options> options, int seeds, int? gpu)
    {
        double[][][] losses = [.. Enum.GetValues<TrainingPrecision>()
            .Select(precision => Enumerable.Range(1, seeds).Select(seed => Losses(images, options(), precision, seed, gpu)).ToArray())];
        Console.WriteLine($"Mean loss of the weights' half over {seeds} seeds, and the range of the seeds:");
        double largest = 0, spread = 0;
        for (int epoch = 0; epoch < losses[0][0].Length; epoch++)
        {
            double[] full = [.. losses[0].Select(curve => curve[epoch])], half = [.. losses[1].Select(curve => curve[epoch])];
            largest = Math.Max(largest, Math.Abs(full.Average() - half.Average()));
            spread = Math.Max(spread, Math.Max(full.Max() - full.Min(), half.Max() - half.Min()));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"epoch {epoch + 1}: float32 {full.Average():F4} ({full.Min():F4} to {full.Max():F4}), bfloat16 {half.Average():F4} "
                    + $"({half.Min():F4} to {half.Max():F4})"));
        }

        Console.WriteLine(JsonSerializer.Serialize(new { largestDifferenceOfMeans = largest, largestRangeOfSeeds = spread }));
    }

    private static double[] Losses(string images, PcDartsTrainer.Options options, TrainingPrecision precision, int seed, int? gpu)
    {
        var ml = new MLContext(seed) { GpuDeviceId = gpu, FallbackToCpu = false };
        (options.Precision, options.Seed) = (precision, seed);
        IDataView rows = ml.Data.LoadImageFolder(images);
        using var model = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.Transforms.LoadImages("Image", imageFolder: null, "ImagePath"))
            .Append(ml.MulticlassClassification.Trainers.PcDarts(options))
            .Fit(rows);
        return [.. model.LastTransformer.History.Epochs.Where(epoch => epoch.Phase == TrainingPhase.Search).Select(epoch => epoch.Loss)];
    }
}
