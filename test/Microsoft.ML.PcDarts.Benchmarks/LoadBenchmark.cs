using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.PcDarts.Torch;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>
/// Pictures a second that are decoded and made into batches, against those that a network is trained on: what feeds the training must never
/// hold it up. All ways take turns in one process.
/// </summary>
internal static class LoadBenchmark
{
    private const int Cutout = 16;
    private const int DecodedImages = 10_000, AugmentedImages = 40_000;
    private const int TrainSteps = 4;

    public static System.CommandLine.Command Create()
    {
        Option<string?> images = new("--images")
        {
            Description = "Folder with a sub-folder a class, read at 32×32; default: pictures that are drawn into a temporary folder.",
        };
        Option<int> files = new("--files") { DefaultValueFactory = _ => 2000, Description = "Drawn pictures of 32×32, at least 20." };
        Option<int> largeFiles = new("--large-files")
        {
            DefaultValueFactory = _ => 1000,
            Description = "Drawn pictures of 224×224, at least 20.",
        };
        Option<int> batch = new("--batch") { DefaultValueFactory = _ => 96, Description = "Pictures a batch." };
        Option<int> rounds = new("--rounds")
        {
            DefaultValueFactory = _ => 7,
            Description = "Measurements of each way, after one that warms up.",
        };
        var command = new System.CommandLine.Command("load", "Pictures a second of decoding and augmenting against training.")
        {
            images, files, largeFiles, batch, rounds,
        };
        command.SetAction(parsed => Run(
            parsed.GetValue(images), parsed.GetValue(files), parsed.GetValue(largeFiles), parsed.GetValue(batch), parsed.GetValue(rounds)));
        return command;
    }

    private static void Run(string? folder, int files, int largeFiles, int batch, int rounds)
    {
        TorchRuntime.EnsureLoaded();
        TorchRuntime.SetThreads(null);
        using var subjects = new LoadSubjects(folder, files, largeFiles, batch);
        using var training = new TrainStep(channels: 16, cells: 8, LoadSubjects.Side, StepDevice.Cpu, useKernels: true);
        int epochs = Math.Max(1, AugmentedImages / subjects.Count);
        int readings = Math.Max(1, DecodedImages / subjects.Count);
        var decode = new Way("decode", readings * subjects.Count, () => subjects.Decode(readings));
        var augment = new Way("augment (crop, flip, normalize)", epochs * subjects.Count, () => subjects.Augment(epochs, cutout: 0));
        var cutOut = new Way($"augment with cutout {Cutout}", epochs * subjects.Count, () => subjects.Augment(epochs, Cutout));
        var decodeLarge = new Way($"decode {LoadSubjects.LargeSide}×{LoadSubjects.LargeSide}, resize to {LoadSubjects.ResizedSide}",
            subjects.LargeCount, subjects.DecodeLarge);
        var train = new Way("train (C=16, 8 cells)", TrainSteps * batch, () =>
        {
            for (int step = 0; step < TrainSteps; step++)
                training.Run(batch);
        });

        Way[] ways = [decode, augment, cutOut, decodeLarge, train];
        foreach ((Way way, double[] times) in ways.Zip(Interleaved.Time(rounds, [.. ways.Select(way => way.Run)])))
            way.SecondsAnImage = [.. times.Select(time => time / way.Images)];
        double[] loading = [.. decode.SecondsAnImage.Zip(augment.SecondsAnImage, (once, each) => once + each)];

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{subjects.Count} files of {subjects.FileBytes:F0} bytes for {LoadSubjects.Side}×{LoadSubjects.Side}, {subjects.LargeCount} "
                + $"of {subjects.LargeFileBytes:F0} bytes with {LoadSubjects.LargeSide}×{LoadSubjects.LargeSide}; "
            + $"batch {batch}, {get_num_threads()} threads, {rounds} rounds"));
        foreach (Way way in ways)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{way.Name,-36}{way.Rate,8:F0} images/s ({1 / way.SecondsAnImage.Max():F0} to {1 / way.SecondsAnImage.Min():F0})"));
        }
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            ratio = Interleaved.Ratio(train.SecondsAnImage, loading), decodeImagesPerSecond = decode.Rate,
            augmentImagesPerSecond = augment.Rate,
            trainImagesPerSecond = train.Rate, decode224ImagesPerSecond = decodeLarge.Rate, augmentCutoutImagesPerSecond = cutOut.Rate,
        }));
    }

    private sealed record Way(string Name, int Images, Action Run)
    {
        public double[] SecondsAnImage { get; set; } = [];

        public double Rate => 1 / Interleaved.Median(SecondsAnImage);
    }
}
