using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Models.Onnx;
using Microsoft.ML.PcDarts.Networks.Discovered;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Models;

public sealed class OnnxOptionsTests : IDisposable
{
    private static readonly NetworkShape Cifar = new() { InitialChannels = 8, Layers = 4, Classes = 3, ImageHeight = 19, ImageWidth = 16 };
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(OnnxWeightType.Float16, 1e-3, 2)]
    [InlineData(OnnxWeightType.Int8, 3e-2, 4)]
    public void Classifier_RoundedWeights_AreNearTheOthersAndSmaller(OnnxWeightType type, double tolerance, int smaller)
    {
        DiscoveredModel model = Model(Cifar);
        byte[] whole = model.Writer().Classifier().ToByteArray(),
            rounded = model.Writer(new() { WeightType = type }).Classifier().ToByteArray();

        float[] expected = Run(whole, Pixels(Cifar), "logits").Values, actual = Run(rounded, Pixels(Cifar), "logits").Values;

        Assert.InRange(Golden.RelativeError(actual, expected), tolerance / 1000, tolerance);
        Assert.Equal(WeightBytes(whole), smaller * WeightBytes(rounded));
    }

    [Fact]
    public void Classifier_FloatPixels_TakesTheSameValues()
    {
        DiscoveredModel model = Model(Cifar);
        DenseTensor<byte> pixels = Pixels(Cifar);
        var floats = new DenseTensor<float>(Array.ConvertAll(pixels.ToArray(), value => (float)value), pixels.Dimensions.ToArray());

        float[] expected = Run(model.Writer().Classifier().ToByteArray(), pixels, "probabilities").Values;

        Assert.Equal(expected, Run(model.Writer(new() { FloatPixels = true }).Classifier().ToByteArray(), floats, "probabilities").Values);
    }

    [Theory]
    [InlineData(NetworkStem.Cifar, 4, new[] { 1, 2, 4 })]
    [InlineData(NetworkStem.Cifar, 1, new[] { 2 })] // the only cell is a reduction
    [InlineData(NetworkStem.ImageNet, 4, new[] { 4, 8, 16, 32 })]
    public void Classifier_FeatureMaps_AreThoseOfTheStrides(NetworkStem stem, int layers, int[] strides)
    {
        NetworkShape shape = Cifar with { Stem = stem, Layers = layers, ImageHeight = 67, ImageWidth = 64 };
        byte[] classifier = Model(shape).Writer(new() { FeatureMaps = true }).Classifier().ToByteArray();

        using (var session = new InferenceSession(classifier))
            Assert.Equal(["probabilities", "logits", .. strides.Select(stride => $"map_stride_{stride}")], session.OutputNames);
        foreach (int stride in strides)
        {
            (float[] values, int[] dimensions) = Run(classifier, Pixels(shape), $"map_stride_{stride}");
            Assert.Equal((2, (67 + stride - 1) / stride, (64 + stride - 1) / stride), (dimensions[0], dimensions[2], dimensions[3]));
            Assert.Contains(values, value => value != 0);
        }
    }

    [Fact]
    public void Classifier_LastMap_IsWhatIsPooledAndClassified()
    {
        DiscoveredModel model = Model(Cifar);
        byte[] classifier = model.Writer(new() { FeatureMaps = true }).Classifier().ToByteArray();
        (float[] map, int[] dimensions) = Run(classifier, Pixels(Cifar), "map_stride_4");
        float[] logits = Run(classifier, Pixels(Cifar), "logits").Values;
        int channels = dimensions[1], pixels = dimensions[2] * dimensions[3];

        double[] pooled = [.. map.Take(channels * pixels).Chunk(pixels).Select(plane => plane.Average(value => (double)value))];

        float[] weight = model.Weights["classifier.weight"].Floats, bias = model.Weights["classifier.bias"].Floats;
        for (int label = 0; label < 3; label++)
            Assert.Equal(pooled.Select((value, c) => value * weight[label * channels + c]).Sum() + bias[label], logits[label], 1e-4);
    }

    [Fact]
    public void SaveOnnx_Int8File_IsReadByThePredictor()
    {
        IDataView data = TinyModel.Keyed(_ml);
        using var tiny = new TinyModel(_ml, data.Schema);
        string file = _folder.File("model.onnx");
        tiny.Transformer.SaveOnnx(file, new PcDartsOnnxOptions { WeightType = OnnxWeightType.Int8, FeatureMaps = true });

        using PcDartsPredictor predictor = PcDartsPredictor.Load(file);

        PcDartsPrediction[] predictions = [.. predictor.Predict(TinyModel.Pictures(3, "cat").Select(picture => picture.Image!))];
        Assert.All(predictions, prediction => Assert.Contains(prediction.Label, tiny.Transformer.ClassNames));
        Assert.Contains("WeightType", Assert.Throws<ArgumentException>(() => tiny.Transformer.SaveOnnx(file,
            new PcDartsOnnxOptions { WeightType = (OnnxWeightType)9 })).Message, StringComparison.Ordinal);
    }

    private static DiscoveredModel Model(NetworkShape shape)
    {
        manual_seed(1);
        using var network = new DiscoveredNetwork(KnownGenotypes.PcDartsCifar, shape, CPU);
        return new DiscoveredModel(network.Genotype, shape, network.ExportWeights(), [0.4f, 0.5f, 0.45f], [0.25f, 0.2f, 0.3f],
            ["cat", "dog", "eel"], TinyModel.History(network.Genotype, shape));
    }

    /// <summary>Bytes of the stored weights of convolutions and classifier.</summary>
    private static int WeightBytes(byte[] file)
        => ModelProto.Parser.ParseFrom(file).Graph.Initializer.Where(tensor => tensor.Name.EndsWith("weight", StringComparison.Ordinal))
            .Sum(tensor => tensor.RawData.Length);

    private static DenseTensor<byte> Pixels(NetworkShape shape)
    {
        byte[] pixels = new byte[2 * 3 * shape.ImageHeight * shape.ImageWidth];
        new Random(1).NextBytes(pixels);
        return new DenseTensor<byte>(pixels, [2, 3, shape.ImageHeight, shape.ImageWidth]);
    }

    private static (float[] Values, int[] Dimensions) Run<T>(byte[] model, DenseTensor<T> image, string output)
    {
        using var session = new InferenceSession(model);
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("image", image)], [output]);
        Tensor<float> tensor = results[0].AsTensor<float>();
        return ([.. tensor], tensor.Dimensions.ToArray());
    }
}
