using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Torch;
using Microsoft.ML.PcDarts.Training.Search;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>
/// Whole search steps (one of the architecture, one of the weights) of the supernet and of its per-edge form, which has the structure of
/// the paper's code, on random pictures. The defaults are the paper's CIFAR search at batch 64.
/// </summary>
internal static class SearchStepBenchmark
{
    public static System.CommandLine.Command Create()
    {
        Option<int> batch = new("--batch")
        {
            DefaultValueFactory = _ => 64,
            Description = "Pictures a step, for architecture and weights each.",
        };
        Option<int> channels = new("--channels") { DefaultValueFactory = _ => 16, Description = "Initial channels C." };
        Option<int> cells = new("--cells") { DefaultValueFactory = _ => 8, Description = "Cells of the supernet." };
        Option<int> partial = new("--partial")
        {
            DefaultValueFactory = _ => 4,
            Description = "K: one of K channels passes the operations.",
        };
        Option<int> size = new("--size") { DefaultValueFactory = _ => 32, Description = "Side of the pictures in pixels." };
        Option<int> steps = new("--steps")
        {
            DefaultValueFactory = _ => 5,
            Description = "Measured pairs of steps, after one that warms up.",
        };
        Option<int?> threads = new("--threads") { Description = "Threads; default: one for each physical core." };
        Option<int?> gpu = StepDevice.GpuOption();
        Option<TrainingPrecision?> precision = StepDevice.PrecisionOption();
        var command = new System.CommandLine.Command("search-step", "Time of a search step against the per-edge form of the paper's code.")
        {
            batch, channels, cells, partial, size, steps, threads, gpu, precision,
        };
        command.SetAction(parsed => Run(
            new SupernetShape
            {
                InitialChannels = parsed.GetValue(channels), Layers = parsed.GetValue(cells), Classes = 10, Stem = NetworkStem.Cifar,
                PartialChannels = parsed.GetValue(partial),
            },
            parsed.GetValue(batch), parsed.GetValue(size), parsed.GetValue(steps), parsed.GetValue(threads),
            () => StepDevice.Choose(parsed.GetValue(gpu), parsed.GetValue(precision))));
        return command;
    }

    private static void Run(SupernetShape shape, int batch, int size, int rounds, int? threads, Func<StepDevice> choose)
    {
        TorchRuntime.EnsureLoaded();
        TorchRuntime.SetThreads(threads);
        StepDevice device = choose();
        using var fast = new SearchStep(shape, CellForm.Automatic, device);
        using var baseline = new SearchStep(shape, CellForm.PerEdge, device);
        // The kernels of the CPU alone can compute maps again.
        using SearchStep? saving = device.IsGpu ? null : new SearchStep(shape, CellForm.Automatic, device, memorySaving: true);
        Action[] ways = [() => baseline.Run(batch, size), () => fast.Run(batch, size),
            .. saving is null ? (Action[])[] : [() => saving.Run(batch, size)]];
        double[][] seconds = Interleaved.Time(device.WarmUp, rounds, ways);
        double slow = Interleaved.Median(seconds[0]), quick = Interleaved.Median(seconds[1]),
            ratio = Interleaved.Ratio(seconds[0], seconds[1]);
        double? memorySavingTime = saving is null ? null : Interleaved.Ratio(seconds[2], seconds[1]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"C={shape.InitialChannels}, {shape.Layers} cells, K={shape.PartialChannels}, batch {batch}, "
                + $"{size}×{size}, {device}, {rounds} rounds"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"per edge {slow:F3} s ({seconds[0].Min():F3} to {seconds[0].Max():F3}), ours {quick:F3} s ({seconds[1].Min():F3} "
                + $"to {seconds[1].Max():F3}), ratio {ratio:F2}")
            + (memorySavingTime is null
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"; with MemorySaving {memorySavingTime:F2} times as long")));
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            ratio, baselineImagesPerSecond = batch / slow, imagesPerSecond = batch / quick,
            memorySavingTime
        }));
    }
}


/// <summary>A supernet with both of its steppers.</summary>
internal sealed class SearchStep : IDisposable
{
    private readonly Supernet _supernet;
    private readonly ArchitectureParameters _architecture;
    private readonly Architect _architect;
    private readonly WeightStepper _weights;
    private readonly StepDevice _device;

    public SearchStep(SupernetShape shape, CellForm form, StepDevice device, bool memorySaving = false)
    {
        _device = device;
        random.manual_seed(1);
        _supernet = new Supernet(shape, device.Device) { Form = form, MemorySaving = memorySaving };
        _supernet.train();
        _architecture = new ArchitectureParameters(new CellTopology(shape.Nodes), device.Device, seed: 1);
        _architect = new Architect(_supernet, _architecture, learningRate: 6e-4);
        _weights = new WeightStepper(_supernet, _architecture, learningRate: 0.1, momentum: 0.9, weightDecay: 3e-4, clipNorm: 5);
    }

    public void Run(int batch, int size)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = randn([batch, 3, size, size], _device.Type, _device.Device),
            labels = randint(0, _supernet.Shape.Classes, [batch], ScalarType.Int64, _device.Device);
        _architect.Step(images, labels);
        _weights.Step(images, labels);
        _device.Wait();
    }

    public void Dispose()
    {
        _weights.Dispose();
        _architect.Dispose();
        _architecture.Dispose();
        _supernet.Dispose();
    }
}
