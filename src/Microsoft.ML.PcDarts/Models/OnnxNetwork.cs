using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;

namespace Microsoft.ML.PcDarts.Models;

/// <summary>Writes the discovered network in its inference form, from the image to the pooled features, reading weights by the reference
/// code's names.</summary>
/// <remarks>PC-DARTS, model.py (NetworkCIFAR, NetworkImageNet, Cell) and operations.py; no auxiliary head and no drop-path, which only
/// act while training. Every batch norm is folded into the convolutions before it, and readers of a map share its ReLU.</remarks>
internal sealed class OnnxNetwork(OnnxGraph graph, IReadOnlyDictionary<string, TensorData> weights)
{
    private readonly Dictionary<string, string> _rectified = new(StringComparer.Ordinal);
    private readonly HashSet<string> _read = [];
    private readonly SortedDictionary<int, OnnxMap> _maps = [];

    /// <summary>The last map so far of each resolution, by its stride over the picture: the cells' and, of the ImageNet stem, the one at 4.</summary>
    public IReadOnlyDictionary<int, OnnxMap> Maps => _maps;

    /// <summary>Names of the weights that were asked for so far.</summary>
    public IReadOnlySet<string> WeightNames => _read;

    /// <summary>Appends stem, cells and global pooling; returns the features' tensor <c>[N, count]</c>.</summary>
    public (string Name, int Count) Features(OnnxMap image, Genotype genotype, NetworkShape shape)
    {
        int channels = shape.InitialChannels, stride = shape.Stem == NetworkStem.Cifar ? 1 : 8;
        OnnxMap previous2, previous1;
        if (shape.Stem == NetworkStem.Cifar)
        {
            previous1 = previous2 = Convolution(image, "stem.0", "stem.1", 3 * channels);
        }
        else
        {
            OnnxMap half = Relu(Convolution(image, "stem0.0", "stem0.1", channels / 2, 2));
            previous2 = Convolution(half, "stem0.3", "stem0.4", channels, 2);
            previous1 = Convolution(Relu(previous2), "stem1.1", "stem1.2", channels, 2);
            _maps[4] = previous2;
        }
        bool previousReduced = shape.Stem == NetworkStem.ImageNet;
        for (int i = 0; i < shape.Layers; i++)
        {
            bool reduction = CellTopology.IsReduction(i, shape.Layers);
            if (reduction)
                (channels, stride) = (2 * channels, 2 * stride);
            OnnxMap output = Cell($"cells.{i}", genotype, reduction, previousReduced, previous2, previous1, channels);
            _maps[stride] = output;
            (previous2, previous1, previousReduced) = (previous1, output, reduction);
        }
        return (graph.PoolToVector(previous1.Name), previous1.Channels);
    }

    /// <summary>Appends the classifier layer; returns the logits' tensor <c>[N, classes]</c>.</summary>
    public string Logits((string Name, int Count) features, int classes) => graph.Linear(features.Name,
        Weight("classifier.weight", classes, features.Count), Weight("classifier.bias", classes));

    private OnnxMap Cell(
        string prefix, Genotype genotype, bool reduction, bool previousReduced, OnnxMap previous2, OnnxMap previous1, int channels)
    {
        IReadOnlyList<GenotypeEdge> edges = reduction ? genotype.Reduce : genotype.Normal;
        IReadOnlyList<int> concat = reduction ? genotype.ReduceConcat : genotype.NormalConcat;
        var states = new List<OnnxMap>
        {
            previousReduced
                ? FactorizedReduce(previous2, $"{prefix}.preprocess0", channels)
                : ReluConvBn(previous2, $"{prefix}.preprocess0", channels),
            ReluConvBn(previous1, $"{prefix}.preprocess1", channels),
        };
        for (int e = 0; e < edges.Count; e += 2)
        {
            OnnxMap left = Edge(e), right = Edge(e + 1);
            states.Add(left with { Name = graph.Binary("Add", left.Name, right.Name) });
        }
        OnnxMap first = states[concat[0]];
        return first with { Name = graph.ConcatChannels([.. concat.Select(s => states[s].Name)]), Channels = concat.Count * channels };

        OnnxMap Edge(int e) =>
            Operation(edges[e].Operation, states[edges[e].Input], $"{prefix}._ops.{e}", reduction && edges[e].Input < 2 ? 2 : 1);
    }

    /// <summary>One operation of a cell's edge; the channels stay the same.</summary>
    public OnnxMap Operation(Primitive primitive, OnnxMap x, string prefix, int stride) => primitive switch
    {
        Primitive.MaxPool3x3 => Strided(x, graph.MaxPool3x3(x.Name, stride), stride),
        Primitive.AvgPool3x3 => Strided(x, graph.AveragePool3x3(x.Name, stride), stride),
        Primitive.SkipConnect => stride == 1 ? x : FactorizedReduce(x, prefix, x.Channels),
        Primitive.SepConv3x3 => SeparableConv(x, prefix, 3, stride),
        Primitive.SepConv5x5 => SeparableConv(x, prefix, 5, stride),
        Primitive.SepConv7x7 => SeparableConv(x, prefix, 7, stride),
        Primitive.DilConv3x3 => Depthwise(x, prefix, 0, 3, stride, dilation: 2),
        Primitive.DilConv5x5 => Depthwise(x, prefix, 0, 5, stride, dilation: 2),
        Primitive.Conv7x1Then1x7 => Conv1x7Then7x1(x, prefix, stride),
        _ => throw new ArgumentOutOfRangeException(nameof(primitive), primitive, "Not an operation of a discovered network."),
    };

    private OnnxMap SeparableConv(OnnxMap x, string prefix, int kernel, int stride) =>
        Depthwise(Depthwise(x, prefix, 0, kernel, stride), prefix, 4, kernel, 1);

    // ReLU, depthwise convolution, 1×1 convolution, batch norm: members first … first + 3 of the module's `op` sequence.
    private OnnxMap Depthwise(OnnxMap x, string prefix, int first, int kernel, int stride, int dilation = 1)
    {
        int padding = dilation * (kernel - 1) / 2;
        string weight = Weight($"{prefix}.op.{first + 1}.weight", x.Channels, 1, kernel, kernel);
        string depthwise = graph.Convolution(
            Relu(x).Name, weight, null, (kernel, kernel), (stride, stride), (padding, padding), dilation, groups: x.Channels);
        OnnxMap map = Strided(x, depthwise, stride);
        return Convolution(map, $"{prefix}.op.{first + 2}", $"{prefix}.op.{first + 3}", x.Channels, 1, 1);
    }

    private OnnxMap Conv1x7Then7x1(OnnxMap x, string prefix, int stride)
    {
        string wide = graph.Convolution(Relu(x).Name, Weight($"{prefix}.1.weight", x.Channels, x.Channels, 1, 7), null, (1, 7), (1, stride), (0, 3));
        (string weight, string bias) = Folded($"{prefix}.2", Norm($"{prefix}.3", x.Channels), 0, x.Channels, x.Channels, 7, 1);
        return Strided(x, graph.Convolution(wide, weight, bias, (7, 1), (stride, 1), (3, 0)), stride);
    }

    private OnnxMap ReluConvBn(OnnxMap x, string prefix, int channels) =>
        Convolution(Relu(x), $"{prefix}.op.1", $"{prefix}.op.2", channels, 1, 1);

    // Differs from PC-DARTS: an odd size is zero-padded at its end, so that both halves come out as ceil(size / 2), and an odd number of
    // channels splits unevenly. The batch norm over both halves is folded into each.
    private OnnxMap FactorizedReduce(OnnxMap x, string prefix, int channels)
    {
        OnnxMap relu = Relu(x);
        BatchNormFolding norm = Norm($"{prefix}.bn", channels);
        int first = channels - channels / 2;
        OnnxMap even = Half(relu, "conv_1", 0, first);
        string[] halves = channels < 2
            ? [even.Name]
            : [even.Name, Half(relu with { Name = graph.ShiftByOne(relu) }, "conv_2", first, channels / 2).Name];
        return even with { Name = graph.ConcatChannels(halves), Channels = channels };

        OnnxMap Half(OnnxMap map, string conv, int from, int count)
        {
            (string weight, string bias) = Folded($"{prefix}.{conv}", norm, from, count, map.Channels, 1, 1);
            return Strided(map, graph.Convolution(map.Name, weight, bias, (1, 1), (2, 2), (0, 0)), 2) with { Channels = count };
        }
    }

    // A square convolution with the batch norm after it.
    private OnnxMap Convolution(OnnxMap x, string conv, string norm, int channels, int stride = 1, int kernel = 3)
    {
        (string weight, string bias) = Folded(conv, Norm(norm, channels), 0, channels, x.Channels, kernel, kernel);
        string name = graph.Convolution(x.Name, weight, bias, (kernel, kernel), (stride, stride), (kernel / 2, kernel / 2));
        return Strided(x, name, stride) with { Channels = channels };
    }

    private OnnxMap Relu(OnnxMap x)
    {
        if (!_rectified.TryGetValue(x.Name, out string? name))
            _rectified.Add(x.Name, name = graph.Unary("Relu", x.Name));
        return x with { Name = name };
    }

    private static OnnxMap Strided(OnnxMap x, string name, int stride) =>
        x with { Name = name, Height = (x.Height + stride - 1) / stride, Width = (x.Width + stride - 1) / stride };

    private BatchNormFolding Norm(string prefix, int channels) => new(
        Data($"{prefix}.weight", channels), Data($"{prefix}.bias", channels), Data($"{prefix}.running_mean", channels), Data($"{prefix}.running_var", channels));

    // Names of their own: these are not the values that the training network holds under "….weight".
    private (string Weight, string Bias) Folded(string conv, BatchNormFolding norm, int from, params long[] shape) => (
        graph.Weight($"{conv}.folded_weight", shape, norm.Weight(Data($"{conv}.weight", shape), from, (int)shape[0])),
        graph.Floats($"{conv}.folded_bias", [shape[0]], norm.Bias(from, (int)shape[0])));

    private string Weight(string name, params long[] shape) => (shape.Length > 1 ? graph.Weight(name, shape, Data(name, shape)) : graph.Floats(name, shape, Data(name, shape)));

    private float[] Data(string name, params long[] shape)
    {
        _read.Add(name);
        if (!weights.TryGetValue(name, out TensorData? data))
            throw new ArgumentException($"The weights lack '{name}', which this genotype and shape need.");
        if (!data.Shape.AsSpan().SequenceEqual(shape))
        {
            throw new ArgumentException(
                $"Weight '{name}' has shape [{string.Join(", ", data.Shape)}]; this genotype and shape need [{string.Join(", ", shape)}].");
        }
        return data.Floats;
    }
}
