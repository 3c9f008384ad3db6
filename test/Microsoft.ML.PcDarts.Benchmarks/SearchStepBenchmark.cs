using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>Runs whole search steps of a supernet on random pictures; the defaults are the paper's CIFAR search at batch 64.</summary>
internal static class SearchStepBenchmark
{
    /// <param name="name">Name of the command.</param>
    /// <param name="description">What it measures.</param>
    /// <param name="repeats">Default number of measured steps, after one that warms up.</param>
    public static System.CommandLine.Command Create(string name, string description, int repeats)
    {
        Option<int> batch = new("--batch") { DefaultValueFactory = _ => 64, Description = "Pictures a step, for architecture and weights each." };
        Option<int> channels = new("--channels") { DefaultValueFactory = _ => 16, Description = "Initial channels C." };
        Option<int> cells = new("--cells") { DefaultValueFactory = _ => 8, Description = "Cells of the supernet." };
        Option<int> size = new("--size") { DefaultValueFactory = _ => 32, Description = "Side of the pictures in pixels." };
        Option<int> steps = new("--steps") { DefaultValueFactory = _ => repeats, Description = "Measured steps." };
        var command = new System.CommandLine.Command(name, description) { batch, channels, cells, size, steps };
        command.SetAction(parsed =>
        {
            var shape = new SupernetShape { InitialChannels = parsed.GetValue(channels), Layers = parsed.GetValue(cells), Classes = 10, Stem = NetworkStem.Cifar };
            Run(shape, parsed.GetValue(batch), parsed.GetValue(size), parsed.GetValue(steps));
        });
        return command;
    }

    private static void Run(SupernetShape shape, int batch, int size, int steps)
    {
        TorchRuntime.EnsureLoaded();
        TorchRuntime.SetThreads(null);
        random.manual_seed(1);
        using var supernet = new Supernet(shape, CPU);
        supernet.train();
        using var architecture = new ArchitectureParameters(new CellTopology(shape.Nodes), CPU, seed: 1);
        using var architect = new Architect(supernet, architecture, learningRate: 6e-4);
        using var weights = new WeightStepper(supernet, architecture, learningRate: 0.1, momentum: 0.9, weightDecay: 3e-4, clipNorm: 5);
        List<double> seconds = [];
        for (int step = 0; step <= steps; step++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor images = randn(batch, 3, size, size), labels = randint(0, shape.Classes, batch, ScalarType.Int64);
            var clock = Stopwatch.StartNew();
            architect.Step(images, labels);
            weights.Step(images, labels);
            if (step > 0)
                seconds.Add(clock.Elapsed.TotalSeconds);
        }

        seconds.Sort();
        double median = seconds[seconds.Count / 2];
        long peak = Process.GetCurrentProcess().PeakWorkingSet64;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"C={shape.InitialChannels}, {shape.Layers} cells, batch {batch}, {size}×{size}, {get_num_threads()} threads: median {median:F2} s a step "
            + $"({seconds[0]:F2} to {seconds[^1]:F2}), {batch / median:F1} images/s, peak memory {peak / 1e9:F2} GB"));
        Console.WriteLine(JsonSerializer.Serialize(new { imagesPerSecond = batch / median, peakMemoryBytes = peak }));
    }
}
