using System.Globalization;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.PcDarts.Networks.Supernets;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>Shared by the tests of layers and networks: golden files as tensors, comparison, weights.</summary>
internal static class NetworkComparison
{
    public const double OutputTolerance = 1e-4;
    public const double GradientTolerance = 1e-3;

    public static Tensor ToTensor(TensorData data)
        => data.DType == TensorDType.Int64 ? tensor(data.Longs, data.Shape) : tensor(data.Floats, data.Shape);

    /// <summary>The entries below "prefix." without the prefix.</summary>
    public static Dictionary<string, TensorData> Below(SafetensorsFile file, string prefix)
        => file.Tensors.Where(entry => entry.Key.StartsWith(prefix + ".", StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key[(prefix.Length + 1)..], entry => entry.Value);

    public static void AssertClose(Tensor? actual, TensorData expected, double tolerance, string what)
    {
        Assert.NotNull(actual);
        Assert.False(actual.IsInvalid, $"{what} is missing.");
        Assert.Equal(expected.Shape, actual.ndim == 0 ? [1] : actual.shape);
        double error = Golden.RelativeError(Values(actual), expected.Floats);
        Assert.True(error <= tolerance, $"{what}: relative error {error:g3} above {tolerance:g3}.");
    }

    public static void AssertClose(float[] expected, float[] actual, double tolerance, string what)
    {
        double error = Golden.RelativeError(actual, expected);
        Assert.True(error <= tolerance, $"{what}: relative error {error:g3} above {tolerance:g3}.");
    }

    /// <summary>The gradients of all parameters that have one.</summary>
    public static Dictionary<string, float[]> Gradients(nn.Module module)
        => module.named_parameters().Where(entry => entry.parameter.grad is not null)
            .ToDictionary(entry => entry.name, entry => Values(entry.parameter.grad!));

    /// <summary>
    /// Compares running variances relatively, and running means in units of the standard deviation: those of normalized maps are nothing
    /// but rounding errors around 0.
    /// </summary>
    public static void AssertSameStatistics(nn.Module expected, nn.Module actual)
    {
        const double tolerance = 1e-4;
        Dictionary<string, float[]> wanted = Statistics(expected), given = Statistics(actual);
        foreach ((string name, float[] values) in wanted)
        {
            if (!name.EndsWith("running_mean", StringComparison.Ordinal))
            {
                AssertClose(values, given[name], tolerance, name);
                continue;
            }

            double difference = Math.Sqrt(values.Zip(given[name], (a, b) => Math.Pow((double)a - b, 2)).Sum());
            double deviation = Math.Sqrt(wanted[name.Replace("running_mean", "running_var", StringComparison.Ordinal)].Sum(
                variance => (double)variance));
            Assert.True(difference <= tolerance * deviation,
                $"{name}: {difference:g3} apart, more than {tolerance:g3} of the standard deviation {deviation:g3}.");
        }

        static Dictionary<string, float[]> Statistics(nn.Module module) => module.named_buffers()
            .Where(entry => !entry.name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
            .ToDictionary(entry => entry.name, entry => Values(entry.buffer));
    }

    /// <summary>Compares the gradient of every parameter that the file names; every parameter must be named.</summary>
    public static void AssertGradients(nn.Module module, SafetensorsFile file, double tolerance = GradientTolerance)
    {
        Dictionary<string, TensorData> expected = Below(file, "grad");
        Dictionary<string, TorchSharp.Modules.Parameter> parameters = module.named_parameters().ToDictionary();
        Assert.Equal(expected.Keys.Order(), parameters.Keys.Order());
        foreach ((string key, TensorData gradient) in expected)
            AssertClose(parameters[key].grad, gradient, tolerance, $"gradient of {key}");
    }

    public static float[] Values(Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        return tensor.detach().to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
    }

    public static ArchitectureParameters Architecture(SafetensorsFile file, CellTopology topology)
    {
        ArchitectureParameters architecture = new(topology, CPU, seed: 0);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        architecture.AlphaNormal.copy_(ToTensor(file.Tensors["arch.alphas_normal"]));
        architecture.AlphaReduce.copy_(ToTensor(file.Tensors["arch.alphas_reduce"]));
        architecture.BetaNormal.copy_(ToTensor(file.Tensors["arch.betas_normal"]));
        architecture.BetaReduce.copy_(ToTensor(file.Tensors["arch.betas_reduce"]));
        return architecture;
    }

    /// <summary>The paper's network after the one training pass that came before its recorded evaluation.</summary>
    public static DiscoveredNetwork OfGolden(SafetensorsFile golden, int side)
    {
        var shape = new NetworkShape
        {
            InitialChannels = int.Parse(golden.Metadata["C"], CultureInfo.InvariantCulture),
            Layers = int.Parse(golden.Metadata["layers"], CultureInfo.InvariantCulture),
            Classes = int.Parse(golden.Metadata["classes"], CultureInfo.InvariantCulture),
            Stem = side == 32 ? NetworkStem.Cifar : NetworkStem.ImageNet, ImageHeight = side, ImageWidth = side, AuxiliaryHead = true,
        };
        var network = new DiscoveredNetwork(Genotype.FromPython(golden.Metadata["genotype"]), shape, CPU);
        network.ImportWeights(Below(golden, "weight"));
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        network.train();
        network.Forward(ToTensor(golden.Tensors["input"]));
        return network;
    }

    public static void AssertFinite(Tensor tensor) => Assert.All(Values(tensor), value => Assert.True(float.IsFinite(value)));

    /// <summary>Steps and returns the last step's loss.</summary>
    public static float Train(optim.Optimizer optimizer, int steps, Func<Tensor> computeLoss)
    {
        float last = float.NaN;
        for (int step = 0; step < steps; step++)
        {
            using DisposeScope scope = NewDisposeScope();
            optimizer.zero_grad();
            Tensor loss = computeLoss();
            loss.backward();
            optimizer.step();
            last = loss.item<float>();
        }

        return last;
    }

    /// <summary>Live tensors of this thread stay the same, and the process does not grow with the number of steps.</summary>
    public static void AssertNoLeak(Action step)
    {
        const int steps = 50;
        const long allowedBytes = 32L << 20; // 0.6 MB a step: below the activations of one, above the allocator's noise
        for (int i = 0; i < 10; i++)
            step();
        long live = LiveTensors(), memory = ResidentBytes();
        for (int i = 0; i < steps; i++)
            step();
        Assert.Equal(live, LiveTensors());
        Assert.InRange(ResidentBytes() - memory, long.MinValue, allowedBytes);
    }

    private static long LiveTensors()
    {
        ThreadDisposeScopeStatistics statistics = DisposeScopeManager.Statistics;
        return statistics.ThreadTotalLiveCount;
    }

    private static long ResidentBytes()
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
