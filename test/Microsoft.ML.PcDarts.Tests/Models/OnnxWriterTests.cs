using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Models.Onnx;
using Microsoft.ML.PcDarts.Networks;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.PcDarts.Torch;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.PcDarts.Tests.Models;

public sealed class OnnxWriterTests
{
    public static TheoryData<string> KnownNames => [.. KnownGenotypes.All.Keys];

    [Theory]
    [Trait("Category", "Golden")]
    [InlineData("network_cifar.safetensors", 32)]
    [InlineData("network_imagenet.safetensors", 224)]
    public void Classifier_OfThePapersNetwork_GivesItsLogits(string file, int side)
    {
        SafetensorsFile golden = Golden.Read(file);
        using DiscoveredNetwork network = NetworkComparison.OfGolden(golden, side);
        TensorData input = golden.Tensors["input"];
        float[] logits = RunClassifier(network, input.Floats, (int)input.Shape[0]);
        Assert.InRange(Golden.RelativeError(logits, golden.Tensors["logits_eval_mode"].Floats), 0, 1e-4);
    }

    [Theory]
    [MemberData(nameof(KnownNames))]
    public void Classifier_OfAKnownGenotype_EqualsTorch(string name)
    {
        Genotype genotype = KnownGenotypes.All[name];
        Compare(genotype, new NetworkShape { InitialChannels = 4, Layers = 4, Classes = 3, ImageHeight = 16, ImageWidth = 16 }, seed: 1);
        Compare(genotype, new NetworkShape
        {
            InitialChannels = 4, Layers = 3, Classes = 2, Stem = NetworkStem.ImageNet, ImageHeight = 45, ImageWidth = 33,
        }, seed: 2);
    }

    [Fact]
    public void Classifier_OfRandomGenotypesAndShapes_EqualsTorch()
    {
        var random = new Random(11);
        for (int i = 0; i < 12; i++)
        {
            NetworkStem stem = random.Next(2) == 0 ? NetworkStem.Cifar : NetworkStem.ImageNet;
            var shape = new NetworkShape
            {
                InitialChannels = 2 * random.Next(1, 4), Layers = random.Next(1, 6), Classes = random.Next(2, 6), Stem = stem,
                ImageHeight = random.Next(1, 24), ImageWidth = random.Next(1, 24),
            };
            Compare(RandomGenotype(random, nodes: 1 + i % 5), shape, seed: i);
        }
    }

    [Fact]
    public void Classifier_WithOddChannels_EqualsTorch()
    {
        var shape = new NetworkShape { InitialChannels = 3, Layers = 3, Classes = 2, ImageHeight = 9, ImageWidth = 12 };
        Compare(KnownGenotypes.DartsV1, shape, seed: 3);
    }

    public static TheoryData<Primitive, int, int, int> Operations
    {
        get
        {
            var data = new TheoryData<Primitive, int, int, int>();
            foreach (Primitive primitive in Enum.GetValues<Primitive>().Where(p => p != Primitive.None))
            {
                foreach ((int height, int width) in new[] { (8, 8), (7, 10), (1, 1) })
                {
                    data.Add(primitive, 1, height, width);
                    data.Add(primitive, 2, height, width);
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Operation_OfEachKindAndStride_EqualsTorch(Primitive primitive, int stride, int height, int width)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        manual_seed(5);
        using Operation operation = OperationFactory.Discovered(primitive, 3, stride);
        Dictionary<string, TensorData> weights = ModuleWeights.Export(operation).ToDictionary(w => "x." + w.Key, w => w.Value);
        Perturb(weights, new Random(6));
        ModuleWeights.Import(operation, weights.ToDictionary(w => w.Key[2..], w => w.Value));
        operation.eval();
        Tensor input = randn(2, 3, height, width);
        Tensor expected = operation.call(input);

        var graph = new OnnxGraph();
        OnnxMap x = graph.Input("x", height, width, isFloat: true);
        OnnxMap output = new OnnxNetwork(graph, weights).Edge(x, new PlannedEdge("x", primitive, Source: 0, Node: 0, stride, x.Shape));
        graph.Output(graph.Unary("Flatten", output.Name), "y", output.Shape.Channels * (int)output.Shape.Pixels);
        float[] actual = Run(graph.ToModel([]).ToByteArray(), "x", "y", input.data<float>().ToArray(), [2, 3, height, width]);

        Assert.Equal([2L, output.Shape.Channels, output.Shape.Height, output.Shape.Width], expected.shape);
        AssertClose(expected.contiguous().data<float>().ToArray(), actual, 1e-5f);
    }

    [Fact]
    public void Backbone_OnRawPixels_NormalizesInsideTheGraph()
    {
        var shape = new NetworkShape { InitialChannels = 4, Layers = 2, Classes = 3, ImageHeight = 6, ImageWidth = 10 };
        float[] mean = [0.4f, 0.5f, 0.6f], std = [0.2f, 0.25f, 0.3f];
        using DiscoveredNetwork network = Network(KnownGenotypes.PcDartsCifar, shape, 4);
        byte[] pixels = new byte[3 * 60];
        new Random(8).NextBytes(pixels);
        float[] normalized = [.. pixels.Select((p, i) => (p / 255f - mean[i / 60]) / std[i / 60])];

        var plain = new OnnxWriter(network.Genotype, shape, network.ExportWeights()) { FloatInput = true };
        var raw = new OnnxWriter(network.Genotype, shape, network.ExportWeights()) { Mean = mean, Std = std };
        float[] expected = Run(plain.Backbone("in", "out").ToByteArray(), "in", "out", normalized, [1, 3, 6, 10]);
        float[] actual = Run(raw.Backbone("in", "out").ToByteArray(), "in", "out", pixels, [1, 3, 6, 10]);
        AssertClose(expected, actual, 1e-5f);
    }

    [Theory]
    [InlineData(NetworkStem.Cifar)]
    [InlineData(NetworkStem.ImageNet)]
    public void Classifier_Graph_HasItsBatchNormsInTheConvolutions(NetworkStem stem)
    {
        var shape = new NetworkShape { InitialChannels = 4, Layers = 4, Classes = 3, Stem = stem, ImageHeight = 16, ImageWidth = 16 };
        using DiscoveredNetwork network = Network(KnownGenotypes.PcDartsCifar, shape, 4);
        IReadOnlyDictionary<string, TensorData> weights = network.ExportWeights();
        string before = WeightsHash.Sha256(weights);

        GraphProto graph = new OnnxWriter(network.Genotype, shape, weights).Classifier().Graph;

        Assert.DoesNotContain(graph.Node, node => node.OpType == "BatchNormalization");
        // Only the depthwise convolution, which a 1×1 convolution follows, has no norm of its own.
        Assert.All(
            graph.Node.Where(node => node.OpType == "Conv"),
            node => Assert.Equal(node.Attribute.Single(a => a.Name == "group").I == 1 ? 3 : 2, node.Input.Count));
        IEnumerable<string> rectified = graph.Node.Where(node => node.OpType == "Relu").Select(node => node.Input[0]);
        Assert.Equal(rectified.Distinct().Count(), rectified.Count());
        Assert.Equal(before, WeightsHash.Sha256(weights));
    }

    [Fact]
    public void Classifier_WithAMissingOrMisshapenWeight_NamesIt()
    {
        var shape = new NetworkShape { InitialChannels = 4, Layers = 2, Classes = 3, ImageHeight = 8, ImageWidth = 8 };
        using DiscoveredNetwork network = Network(KnownGenotypes.PcDartsCifar, shape, 4);
        var weights = network.ExportWeights().ToDictionary();
        weights["classifier.bias"] = new TensorData([4], new float[4]);
        Assert.Contains("'classifier.bias' has shape [4]", Message());
        weights.Remove("classifier.bias");
        Assert.Contains("lack 'classifier.bias'", Message());

        string Message() =>
            Assert.Throws<ArgumentException>(() => new OnnxWriter(network.Genotype, shape, weights).Classifier()).Message;
    }

    private static void Compare(Genotype genotype, NetworkShape shape, int seed)
    {
        using DiscoveredNetwork network = Network(genotype, shape, seed);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        network.eval();
        Tensor images = randn(3, 3, shape.ImageHeight, shape.ImageWidth);
        float[] expected = network.Forward(images).Logits.data<float>().ToArray();
        float[] actual = RunClassifier(network, images.data<float>().ToArray(), 3);
        AssertClose(expected, actual, 1e-5f);
    }

    // Fresh networks have unit running statistics and tiny outputs: other values make every weight count.
    private static DiscoveredNetwork Network(Genotype genotype, NetworkShape shape, int seed)
    {
        manual_seed(seed);
        var network = new DiscoveredNetwork(genotype, shape, CPU);
        Dictionary<string, TensorData> weights = network.ExportWeights().ToDictionary();
        Perturb(weights, new Random(seed));
        network.ImportWeights(weights);
        return network;
    }

    private static void Perturb(Dictionary<string, TensorData> weights, Random random)
    {
        foreach ((string name, TensorData data) in weights.Where(w => w.Value.Shape.Length == 1))
        {
            for (int i = 0; i < data.Count; i++)
                data.Floats[i] = name.EndsWith("bias", StringComparison.Ordinal) || name.EndsWith("mean", StringComparison.Ordinal)
                    ? random.NextSingle() - 0.5f
                    : 0.5f + random.NextSingle();
        }
    }

    private static Genotype RandomGenotype(Random random, int nodes)
    {
        Primitive[] primitives = [.. Enum.GetValues<Primitive>().Where(p => p != Primitive.None)];
        return new Genotype(Edges(), Concat(), Edges(), Concat());

        GenotypeEdge[] Edges() => [.. Enumerable.Range(0, 2 * nodes)
            .Select(e => new GenotypeEdge(primitives[random.Next(primitives.Length)], random.Next(e / 2 + 2)))];

        int[] Concat() => [.. Enumerable.Range(2, nodes).Where(s => s == nodes + 1 || random.Next(2) == 0)];
    }

    private static float[] RunClassifier(DiscoveredNetwork network, float[] images, int count)
    {
        var writer = new OnnxWriter(network.Genotype, network.Shape, network.ExportWeights()) { FloatInput = true };
        int[] shape = [count, 3, network.Shape.ImageHeight, network.Shape.ImageWidth];
        return Run(writer.Classifier().ToByteArray(), "image", "logits", images, shape);
    }

    private static float[] Run<T>(byte[] model, string input, string output, T[] values, int[] shape)
    {
        using var session = new InferenceSession(model);
        using var results = session.Run([NamedOnnxValue.CreateFromTensor(input, new DenseTensor<T>(values, shape))], [output]);
        return [.. results[0].AsEnumerable<float>()];
    }

    private static void AssertClose(float[] expected, float[] actual, float tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        float scale = Math.Max(1, expected.Max(Math.Abs));
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], tolerance * scale);
    }
}
