using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.Transforms.Image;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>A network with random weights, its model, and pictures to score.</summary>
internal sealed class TinyModel : IDisposable
{
    public const int Width = 12, Height = 10;
    private static readonly float[] Mean = [0.4f, 0.5f, 0.45f], Std = [0.25f, 0.2f, 0.3f];
    private readonly DiscoveredNetwork _network;

    public TinyModel(MLContext ml, DataViewSchema schema, int classes = 3, ColumnNames? columns = null, int seed = 1)
    {
        Ml = ml;
        var shape = new NetworkShape { InitialChannels = 4, Layers = 3, Classes = classes, ImageHeight = Height, ImageWidth = Width };
        manual_seed(seed);
        _network = new DiscoveredNetwork(KnownGenotypes.PcDartsCifar, shape, CPU);
        Dictionary<string, TensorData> weights = _network.ExportWeights().ToDictionary();
        var random = new Random(seed);
        foreach ((string name, TensorData data) in weights.Where(w => w.Key.StartsWith("classifier", StringComparison.Ordinal)))
        {
            for (int i = 0; i < data.Count; i++)
                data.Floats[i] = 2 * random.NextSingle() - 1;
        }
        _network.ImportWeights(weights);
        _network.eval();
        ColumnNames names = columns ?? new ColumnNames("Label", "Image", "Score", "PredictedLabel");
        Model = new DiscoveredModel(_network.Genotype, shape, weights, Mean, Std, ClassNames.Of(schema[names.Label]),
            History(_network.Genotype, shape));
        Transformer = PcDartsTransformer.Create(MlNetAccess.EnvironmentOf(ml.Data), Model, schema, names);
    }

    public MLContext Ml { get; }

    public DiscoveredModel Model { get; }

    public PcDartsTransformer Transformer { get; }

    public static TrainingHistory History(Genotype genotype, NetworkShape shape) => new()
    {
        Epochs =
        [
            new EpochMetrics(TrainingPhase.Search, 1, 1.5, 0.3, null, null, 0.1, 100, TimeSpan.FromSeconds(2), genotype),
            new EpochMetrics(TrainingPhase.Training, 1, 1.25, 0.5, 1.125, 0.625, 0.05, 200, TimeSpan.FromSeconds(3)),
        ],
        TrainingImages = 40, ValidationImages = 8, Size = NetworkSize.Of(genotype, shape), WeightsSha256 = "ab", Device = "cpu", Seed = 7,
        TrainingTime = TimeSpan.FromMilliseconds(1234.5),
    };

    /// <summary>
    /// Labeled random pictures: some of the network's size, some not. Made again on each enumeration, since ML.NET disposes them.
    /// </summary>
    public static IEnumerable<Picture> Pictures(int count, params string[] labels) => Enumerable.Range(0, count).Select(i =>
    {
        (int width, int height) = i % 3 == 2 ? (5 + i, 20) : (Width, Height);
        byte[] pixels = new byte[width * height * 4];
        new Random(i).NextBytes(pixels);
        for (int p = 3; p < pixels.Length; p += 4)
            pixels[p] = 255;
        MLImage image = MLImage.CreateFromPixels(width, height, MLPixelFormat.Bgra32, pixels);
        return new Picture { Image = image, Label = labels[i % labels.Length], Number = 10 * (i % labels.Length) };
    });

    public static IDataView Data(MLContext ml, int count = 9, params string[] labels) =>
        ml.Data.LoadFromEnumerable(Pictures(count, labels.Length > 0 ? labels : ["cat", "dog", "eel"]));

    /// <summary>Pictures with a key label.</summary>
    public static IDataView Keyed(MLContext ml, int count = 9, params string[] labels)
    {
        IDataView data = Data(ml, count, labels);
        return ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
    }

    /// <summary>Scores by the training network itself for the pictures of <paramref name="data"/>.</summary>
    public float[][] TorchProbabilities(IDataView data, string image = "Image")
    {
        IDataView pixels = ImagePreprocessing.Estimator(Ml, image, "r", "p", Width, Height).Fit(data).Transform(data);
        using var scope = TorchSharp.torch.NewDisposeScope();
        using var noGradient = no_grad();
        return [.. pixels.GetColumn<byte[]>("p").Select(row =>
        {
            var x = tensor(row).to(float32).reshape(1, 3, Height, Width) / 255;
            x = (x - tensor(Mean).reshape(1, 3, 1, 1)) / tensor(Std).reshape(1, 3, 1, 1);
            return nn.functional.softmax(_network.Forward(x).Logits, 1).data<float>().ToArray();
        })];
    }

    public void Dispose()
    {
        Transformer.Dispose();
        _network.Dispose();
    }

    public sealed class Picture
    {
        [ImageType(10, 12)]
        public MLImage? Image { get; set; }

        public string Label { get; set; } = "";

        public int Number { get; set; }
    }
}
