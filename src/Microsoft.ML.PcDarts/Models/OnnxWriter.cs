using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Models.Onnx;

namespace Microsoft.ML.PcDarts.Models;

/// <summary>Writes a discovered network as an ONNX model (IR version 8, operator set 17) that takes raw pixels: mean and deviation sit
/// inside the graph.</summary>
/// <param name="genotype">The architecture.</param>
/// <param name="shape">Channels, cells, classes, stem and picture size.</param>
/// <param name="weights">Trained weights under the reference code's names; the auxiliary head's are not read.</param>
internal sealed class OnnxWriter(Genotype genotype, NetworkShape shape, IReadOnlyDictionary<string, TensorData> weights)
{
    /// <summary>Per-channel mean of the pixels, in the 0 … 1 scale; null for none.</summary>
    public float[]? Mean { get; init; }

    /// <summary>Per-channel standard deviation of the pixels, in the 0 … 1 scale; null for none.</summary>
    public float[]? Std { get; init; }

    /// <summary>Whether the input is already normalized float32: no cast, no scaling. For comparisons with the training network.</summary>
    public bool FloatInput { get; init; }

    /// <summary>How weights are stored, whether the pixels are float32, and whether maps are outputs.</summary>
    public PcDartsOnnxOptions Options { get; init; } = new();

    /// <summary>Entries of the model's metadata.</summary>
    public IEnumerable<KeyValuePair<string, string>> Metadata { get; init; } = [];

    /// <summary>The network up to the global pooling: uint8 RGB <paramref name="input"/> <c>[N, 3, H, W]</c> → float32
    /// <paramref name="output"/> <c>[N, features]</c>.</summary>
    /// <exception cref="ArgumentException">A weight is missing or has another shape; the message names it.</exception>
    public ModelProto Backbone(string input, string output)
    {
        NetworkPlan plan = Plan();
        var graph = new OnnxGraph();
        string features = new OnnxNetwork(graph, weights).Features(Image(graph, input), plan);
        graph.Output(features, output, plan.Classifier.Inputs);
        return graph.ToModel(Metadata);
    }

    /// <summary>The whole classifier: uint8 RGB <c>image [N, 3, H, W]</c> → float32 <c>probabilities [N, classes]</c> and <c>logits [N,
    /// classes]</c>.</summary>
    /// <exception cref="ArgumentException">A weight is missing or has another shape; the message names it.</exception>
    public ModelProto Classifier()
    {
        NetworkPlan plan = Plan();
        var graph = new OnnxGraph { WeightType = Options.WeightType };
        var network = new OnnxNetwork(graph, weights);
        string logits = network.Logits(network.Features(Image(graph, "image"), plan), plan.Classifier);
        graph.Output(graph.Softmax(logits), "probabilities", shape.Classes);
        graph.Output(logits, "logits", shape.Classes);
        foreach ((int stride, OnnxMap map) in Options.FeatureMaps ? network.Maps : new Dictionary<int, OnnxMap>())
            graph.Output(map.Name, $"map_stride_{stride}", map.Shape.Channels, map.Shape.Height, map.Shape.Width);
        return graph.ToModel(Metadata);
    }

    // The auxiliary head does not score.
    private NetworkPlan Plan()
    {
        NetworkPlan plan = NetworkPlan.Of(genotype, shape with { AuxiliaryHead = false });
        plan.Check(weights);
        return plan;
    }

    // (x / 255 − mean) / std as one multiplication and one addition a pixel.
    private OnnxMap Image(OnnxGraph graph, string name)
    {
        OnnxMap image = graph.Input(name, shape.ImageHeight, shape.ImageWidth, FloatInput || Options.FloatPixels);
        if (FloatInput)
            return image;
        float[] scale = new float[3], shift = new float[3];
        for (int c = 0; c < 3; c++)
        {
            double deviation = Std?[c] ?? 1;
            scale[c] = (float)(1 / (255 * deviation));
            shift[c] = (float)(-(Mean?[c] ?? 0) / deviation);
        }
        string pixels = Options.FloatPixels ? image.Name : graph.ToFloat(image.Name);
        string scaled = graph.Binary("Mul", pixels, graph.Floats("pixel.scale", [1, 3, 1, 1], scale));
        return image with { Name = graph.Binary("Add", scaled, graph.Floats("pixel.shift", [1, 3, 1, 1], shift)) };
    }
}
