using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;

namespace Microsoft.ML.PcDarts.Models;

/// <summary>Writes a planned network in its inference form, from the image to the logits.</summary>
/// <remarks>Without auxiliary head and drop-path, which only act while training. Every batch norm is folded into the convolutions before
/// it, and readers of a map share its ReLU.</remarks>
/// <param name="graph">What nodes are appended to.</param>
/// <param name="weights">Weights under the names of the plan, which were checked against it.</param>
internal sealed class OnnxNetwork(OnnxGraph graph, IReadOnlyDictionary<string, TensorData> weights)
{
    private readonly Dictionary<string, string> _rectified = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, OnnxMap> _maps = [];

    /// <summary>The last map so far of each resolution, by its stride over the picture: the cells' and, of the ImageNet stem, the one at 4.
    /// </summary>
    public IReadOnlyDictionary<int, OnnxMap> Maps => _maps;

    /// <summary>Appends stem, cells and global pooling; returns the features' tensor <c>[N, channels]</c>.</summary>
    public string Features(OnnxMap image, NetworkPlan plan)
    {
        (OnnxMap beforePrevious, OnnxMap previous) = Stem(image, plan.Stem);
        foreach (PlannedCell cell in plan.Cells)
        {
            (beforePrevious, previous) = (previous, Cell(cell, beforePrevious, previous));
            _maps[cell.PictureStride] = previous;
        }

        return graph.PoolToVector(previous.Name);
    }

    /// <summary>Appends the classifier layer; returns the logits' tensor <c>[N, classes]</c>.</summary>
    public string Logits(string features, PlannedLinear classifier) => graph.Linear(
        features, Weight(classifier.Weight), graph.Floats(classifier.Bias.Name, classifier.Bias.Shape, Data(classifier.Bias)));

    /// <summary>Appends the operation of a cell's edge.</summary>
    public OnnxMap Edge(OnnxMap input, PlannedEdge edge) => edge.Operation switch
    {
        Primitive.MaxPool3x3 => new OnnxMap(graph.MaxPool3x3(input.Name, edge.Stride), edge.Output),
        Primitive.AvgPool3x3 => new OnnxMap(graph.AveragePool3x3(input.Name, edge.Stride), edge.Output),
        _ => edge.Units.Aggregate(input, Unit),
    };

    private (OnnxMap First, OnnxMap Second) Stem(OnnxMap image, PlannedStem stem)
    {
        OnnxMap before = image, last = image;
        foreach (PlannedUnit unit in stem.Units)
            (before, last) = (last, Unit(last, unit));
        if (stem.Units.Count == 1)
            return (last, last);
        _maps[stem.PictureStride / 2] = before;
        return (before, last);
    }

    private OnnxMap Cell(PlannedCell cell, OnnxMap beforePrevious, OnnxMap previous)
    {
        List<OnnxMap> states = [Unit(beforePrevious, cell.Input0.Unit), Unit(previous, cell.Input1.Unit)];
        foreach (PlannedEdge[] node in cell.Edges.Chunk(2))
        {
            OnnxMap left = Edge(states[node[0].Source], node[0]), right = Edge(states[node[1].Source], node[1]);
            states.Add(left with { Name = graph.Binary("Add", left.Name, right.Name) });
        }

        return new OnnxMap(graph.ConcatChannels([.. cell.Concat.Select(state => states[state].Name)]), cell.Output);
    }

    private OnnxMap Unit(OnnxMap input, PlannedUnit unit)
    {
        // The order of the nodes, and with it their names, is that of all files written so far: a depthwise weight's before the ReLU.
        string? depthwise = unit.First is { IsDepthwise: true } first ? Weight(first.Weight) : null;
        OnnxMap map = unit.Rectifies ? Relu(input) : input;
        if (unit.First is not null)
            map = new OnnxMap(Convolution(map, unit.First, depthwise ?? Weight(unit.First.Weight), bias: null), unit.First.Output);
        return new OnnxMap(graph.ConcatChannels(Last(map, unit)), unit.Output);
    }

    private List<string> Last(OnnxMap map, PlannedUnit unit)
    {
        BatchNormFolding norm = Folding(unit.Norm!);
        List<string> outputs = [];
        int channel = 0;
        foreach (PlannedConvolution convolution in unit.Last)
        {
            OnnxMap input = channel == 0 ? map : map with { Name = graph.ShiftByOne(map) };
            int count = convolution.Output.Channels;
            long[] shape = convolution.Weight.Shape;
            // Names of their own: these are not the values that the training network holds under "….weight".
            outputs.Add(Convolution(
                input,
                convolution,
                graph.Weight($"{convolution.Name}.folded_weight", shape, norm.Weight(Data(convolution.Weight), channel, count)),
                graph.Floats($"{convolution.Name}.folded_bias", [count], norm.Bias(channel, count))));
            channel += count;
        }

        return outputs;
    }

    private string Convolution(OnnxMap input, PlannedConvolution convolution, string weight, string? bias) => graph.Convolution(
        input.Name, weight, bias, convolution.Kernel, convolution.Stride, convolution.Padding, convolution.Dilation, convolution.Groups);

    private OnnxMap Relu(OnnxMap map)
    {
        if (!_rectified.TryGetValue(map.Name, out string? name))
            _rectified.Add(map.Name, name = graph.Unary("Relu", map.Name));
        return map with { Name = name };
    }

    private BatchNormFolding Folding(PlannedNorm norm) => new(Data(norm.Factor), Data(norm.Summand), Data(norm.Mean), Data(norm.Variance));

    private string Weight(PlannedWeight weight) => graph.Weight(weight.Name, weight.Shape, Data(weight));

    private float[] Data(PlannedWeight weight) => weights[weight.Name].Floats;
}
