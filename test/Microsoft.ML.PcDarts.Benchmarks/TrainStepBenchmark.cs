using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.PcDarts.Torch;
using Microsoft.ML.PcDarts.Training.Final;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>
/// Training steps of the published PC-DARTS network for CIFAR against the same network written straightforwardly with torch's operations
/// and layout, on random pictures.
/// </summary>
internal static class TrainStepBenchmark
{
    public static System.CommandLine.Command Create()
    {
        Option<int> batch = new("--batch") { DefaultValueFactory = _ => 96, Description = "Pictures a step." };
        Option<int[]> channels = new("--channels")
        {
            DefaultValueFactory = _ => [16, 36],
            Description = "Initial channels C; several are measured one after the other.",
        };
        Option<int> cells = new("--cells") { DefaultValueFactory = _ => 8, Description = "Cells." };
        Option<int> size = new("--size") { DefaultValueFactory = _ => 32, Description = "Side of the pictures in pixels." };
        Option<int> steps = new("--steps")
        {
            DefaultValueFactory = _ => 5,
            Description = "Measured pairs of steps, after one that warms up.",
        };
        Option<int?> threads = new("--threads") { Description = "Threads; default: one for each physical core." };
        Option<int?> gpu = StepDevice.GpuOption();
        Option<TrainingPrecision?> precision = StepDevice.PrecisionOption();
        var command = new System.CommandLine.Command("train-step", "Time of a training step against the straightforward form.")
        {
            batch, channels, cells, size, steps, threads, gpu, precision,
        };
        command.SetAction(parsed =>
        {
            TorchRuntime.EnsureLoaded();
            TorchRuntime.SetThreads(parsed.GetValue(threads));
            StepDevice device = StepDevice.Choose(parsed.GetValue(gpu), parsed.GetValue(precision));
            double[] ratios = [.. parsed.GetValue(channels)!.Select(c => Run(
                device, c, parsed.GetValue(cells), parsed.GetValue(batch), parsed.GetValue(size), parsed.GetValue(steps)))];
            Console.WriteLine(JsonSerializer.Serialize(new { ratio = ratios.Min(), ratios }));
        });
        return command;
    }

    private static double Run(StepDevice device, int channels, int cells, int batch, int size, int rounds)
    {
        using var fast = new TrainStep(channels, cells, size, device, useKernels: true);
        using var baseline = new TrainStep(channels, cells, size, device, useKernels: false);
        using var muon = new TrainStep(channels, cells, size, device, useKernels: true, NetworkOptimizer.Muon);
        double[][] seconds = Interleaved.Time(device.WarmUp, rounds,
            [() => baseline.Run(batch), () => fast.Run(batch), () => muon.Run(batch)]);
        double slow = Interleaved.Median(seconds[0]), quick = Interleaved.Median(seconds[1]),
            ratio = Interleaved.Ratio(seconds[0], seconds[1]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"C={channels}, {cells} cells, batch {batch}, {size}×{size}, {device}, {rounds} rounds: "
            + $"straightforward {batch / slow:F1} images/s, ours {batch / quick:F1} images/s, ratio {ratio:F2}; "
            + $"with Muon {Interleaved.Ratio(seconds[2], seconds[1]):F2} times as long")
            // A GPU works on while the host is further.
            + (device.IsGpu
                ? null
                : string.Create(CultureInfo.InvariantCulture,
                    $"; optimizer and clipping {fast.OptimizerShare:P1} of a step with SGD, {muon.OptimizerShare:P1} with Muon")));
        return ratio;
    }
}

/// <summary>The published network with its optimizer, stepped as the paper's training does.</summary>
internal sealed class TrainStep : IDisposable
{
    private const double LearningRate = 0.025;
    private readonly DiscoveredNetwork _network;
    private readonly NetworkStepper _stepper;
    private readonly int _size;
    private readonly StepDevice _device;
    private readonly List<double> _optimizerShares = [];

    public TrainStep(int channels, int cells, int size, StepDevice device, bool useKernels,
        NetworkOptimizer optimizer = NetworkOptimizer.Sgd)
    {
        (_size, _device) = (size, device);
        random.manual_seed(1);
        _network = new DiscoveredNetwork(
            KnownGenotypes.PcDartsCifar,
            new NetworkShape
            {
                InitialChannels = channels, Layers = cells, Classes = 10, AuxiliaryHead = true, ImageHeight = size,
                ImageWidth = size
            }, device.Device)
        {
            UseKernels = useKernels,
        };
        _network.train();
        PcDartsTrainer.Options options = PcDartsRecipe.PaperCifar();
        options.Optimizer = optimizer;
        _stepper = new NetworkStepper(_network, RunSettings.Of(options).Final, device.Device);
    }

    /// <summary>Median share of a step that optimizer and clipping take, without the first step, which allocates.</summary>
    public double OptimizerShare => Interleaved.Median([.. _optimizerShares.Skip(1)]);

    public void Run(int batch)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = randn([batch, 3, _size, _size], _device.Type, _device.Device),
            labels = randint(0, 10, [batch], ScalarType.Int64, _device.Device);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        _stepper.Pass(images, labels, dropPath: 0.2);
        TimeSpan before = clock.Elapsed;
        _stepper.Update(LearningRate);
        _device.Wait();
        TimeSpan all = clock.Elapsed;
        _optimizerShares.Add((all - before) / all);
    }

    public void Dispose()
    {
        _stepper.Dispose();
        _network.Dispose();
    }
}
