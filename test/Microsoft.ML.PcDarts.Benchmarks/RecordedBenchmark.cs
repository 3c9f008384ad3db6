using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Torch;
using Microsoft.ML.PcDarts.Training.Final;
using Microsoft.ML.PcDarts.Training.Search;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>
/// Whether steps that are recorded on a GPU give what they give one operation at a time: a measurement of the results, not of time.
/// </summary>
internal static class RecordedBenchmark
{
    private const int Steps = 8, Batch = 32, Side = 32;

    public static System.CommandLine.Command Create()
    {
        Option<int?> gpu = StepDevice.GpuOption();
        Option<TrainingPrecision?> precision = StepDevice.PrecisionOption();
        var command = new System.CommandLine.Command("recorded",
            "Logits of recorded steps against those of steps that are run one operation at a time.") { gpu, precision };
        command.SetAction(parsed => Run(StepDevice.Choose(parsed.GetValue(gpu), parsed.GetValue(precision))));
        return command;
    }

    private static void Run(StepDevice device)
    {
        double search = Compare("search", () => Search(device)), training = Compare("training", () => Training(device));
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            recorded = CudaGraph.IsSupported(device.Device), searchDifference = search,
            trainingDifference = training
        }));
    }

    // Relative to the spread of the logits, over all steps.
    private static double Compare(string name, Func<float[][]> steps)
    {
        float[][] recorded = steps();
        Environment.SetEnvironmentVariable(CudaGraph.Switch, "0");
        float[][] plain = steps();
        Environment.SetEnvironmentVariable(CudaGraph.Switch, null);
        double[] differences = [.. recorded.Zip(plain,
            (one, other) => one.Zip(other, (a, b) => Math.Abs((double)a - b)).Max() / (other.Max() - other.Min()))];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: {string.Join(", ", differences.Select(difference => difference.ToString("E1", CultureInfo.InvariantCulture)))}"));
        return differences.Max();
    }

    private static float[][] Search(StepDevice device)
    {
        random.manual_seed(1);
        using Supernet supernet = new(new SupernetShape { InitialChannels = 16, Layers = 5, Classes = 10 }, device.Device);
        supernet.train();
        using ArchitectureParameters architecture = new(new CellTopology(supernet.Shape.Nodes), device.Device, seed: 1);
        using Architect architect = new(supernet, architecture, learningRate: 6e-4);
        using WeightStepper weights = new(supernet, architecture, learningRate: 0.01, momentum: 0.9, weightDecay: 3e-4, clipNorm: 5);
        return Each(device, (images, labels) => cat([architect.Step(images, labels), weights.Step(images, labels)]));
    }

    private static float[][] Training(StepDevice device)
    {
        random.manual_seed(1);
        using DiscoveredNetwork network = new(
            KnownGenotypes.PcDartsCifar, new NetworkShape
            {
                InitialChannels = 16, Layers = 5, Classes = 10, AuxiliaryHead = true,
                ImageHeight = Side, ImageWidth = Side
            }, device.Device);
        network.train();
        using NetworkStepper stepper = new(network, RunSettings.Of(PcDartsRecipe.PaperCifar()).Final, device.Device);
        return Each(device, (images, labels) => stepper.Step(images, labels, learningRate: 0.01, dropPath: 0));
    }

    private static float[][] Each(StepDevice device, Func<Tensor, Tensor, Tensor> step) =>
    [
        .. Enumerable.Range(0, Steps).Select(number =>
        {
            using DisposeScope scope = NewDisposeScope();
            using Generator generator = new((ulong)number);
            Tensor images = randn([Batch, 3, Side, Side], generator: generator).to(device.Device).to(device.Type);
            Tensor labels = randint(0, 10, [Batch], ScalarType.Int64, generator: generator).to(device.Device);
            return step(images, labels).cpu().data<float>().ToArray();
        }),
    ];
}
