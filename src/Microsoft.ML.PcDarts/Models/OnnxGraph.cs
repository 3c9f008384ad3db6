using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Models.Onnx;

namespace Microsoft.ML.PcDarts.Models;

/// <summary>A map inside the graph: its tensor's name and shape.</summary>
internal readonly record struct OnnxMap(string Name, MapShape Shape);

/// <summary>Builds an ONNX graph node by node; each method appends what it needs and returns the name of its result.</summary>
internal sealed class OnnxGraph
{
    /// <summary>The operator set that the nodes are written for.</summary>
    public const int Opset = 17;

    private const int Float = 1;
    private const int UInt8 = 2;
    private const int Int8 = 3;
    private const int Int64 = 7;
    private const int Float16 = 10;

    private readonly GraphProto _graph;
    private int _names;

    /// <summary>An empty graph.</summary>
    public OnnxGraph() => _graph = new GraphProto { Name = "PcDarts" };

    /// <summary>Continues a graph that was written by this class; its outputs are taken away.</summary>
    public OnnxGraph(GraphProto graph)
    {
        _graph = graph;
        _graph.Output.Clear();
        // At most one number was given out for each node and each constant.
        _names = graph.Node.Count + graph.Initializer.Count;
    }

    /// <summary>How <see cref="Weight"/> stores what it is given. Default float32.</summary>
    public OnnxWeightType WeightType { get; init; }

    /// <summary>A uint8 input <c>[N, 3, height, width]</c> (or float32), N symbolic.</summary>
    public OnnxMap Input(string name, int height, int width, bool isFloat = false)
    {
        _graph.Input.Add(Value(name, isFloat ? Float : UInt8, 3, height, width));
        return new OnnxMap(name, new MapShape(3, height, width));
    }

    /// <summary>Gives a tensor its public name as a float32 output <c>[N, dimensions]</c>.</summary>
    public void Output(string tensor, string name, params ReadOnlySpan<int> dimensions)
    {
        Node("Identity", [tensor], name);
        _graph.Output.Add(Value(name, Float, dimensions));
    }

    public string Floats(string name, long[] shape, float[] values)
    {
        Initializer(name, Float, shape, LittleEndian(values));
        return name;
    }

    /// <summary>A weight <c>[outputs, …]</c>, stored as <see cref="WeightType"/> says; the result is float32.</summary>
    public string Weight(string name, long[] shape, float[] values)
    {
        switch (WeightType)
        {
            case OnnxWeightType.Float16:
                Initializer(name, Float16, shape, LittleEndian(Array.ConvertAll(values, value => (Half)value)));
                return ToFloat(name);
            case OnnxWeightType.Int8:
                int outputs = (int)shape[0], size = values.Length / outputs;
                float[] steps = [.. values.Chunk(size).Select(channel => Math.Max(channel.Max(Math.Abs) / sbyte.MaxValue, float.Epsilon))];
                sbyte[] rounded = [.. values.Select((value, i) => Rounded(value / steps[i / size]))];
                Initializer(name, Int8, shape, LittleEndian(rounded));
                // Not DequantizeLinear, which ONNX Runtime does not fold into a constant: convolutions would then lack its fast layout.
                return Binary("Mul", ToFloat(name), Floats(name + ".step", [outputs, .. shape[1..].Select(_ => 1L)], steps));
            default:
                return Floats(name, shape, values);
        }
    }

    /// <summary>Casts to float32.</summary>
    public string ToFloat(string input) => Node("Cast", [input], null, Int("to", Float));

    public string Unary(string op, string input) => Node(op, [input]);

    public string Binary(string op, string left, string right) => Node(op, [left, right]);

    /// <summary>A convolution, with a bias or without (null). Kernel, stride and padding are <c>(height, width)</c>; padding is the same on
    /// both sides.</summary>
    public string Convolution(
        string input,
        string weight,
        string? bias,
        (int H, int W) kernel,
        (int H, int W) stride,
        (int H, int W) padding,
        int dilation,
        int groups) =>
        Node("Conv", bias is null ? [input, weight] : [input, weight, bias], null, Ints("kernel_shape", kernel.H, kernel.W),
            Ints("strides", stride.H, stride.W), Ints("pads", padding.H, padding.W, padding.H, padding.W),
            Ints("dilations", dilation, dilation), Int("group", groups));

    /// <summary>3×3 pooling with padding 1.</summary>
    public string MaxPool3x3(string input, int stride) =>
        Node("MaxPool", [input], null, Ints("kernel_shape", 3, 3), Ints("strides", stride, stride), Ints("pads", 1, 1, 1, 1));

    /// <summary>3×3 average pooling with padding 1 that does not count the padding.</summary>
    public string AveragePool3x3(string input, int stride) =>
        Node("AveragePool", [input], null, Ints("kernel_shape", 3, 3), Ints("strides", stride, stride), Ints("pads", 1, 1, 1, 1),
            Int("count_include_pad", 0));

    public string ConcatChannels(IReadOnlyList<string> inputs) =>
        inputs.Count == 1 ? inputs[0] : Node("Concat", inputs, null, Int("axis", 1));

    /// <summary>The map without its first row and column, with a row of zeros below where the height is odd and a column of zeros at the
    /// right where the width is.</summary>
    public string ShiftByOne(OnnxMap map)
    {
        string input = map.Name;
        (int rows, int columns) = (map.Shape.Height % 2, map.Shape.Width % 2);
        if (rows + columns > 0)
            input = Node("Pad", [input, Longs(0, 0, 0, 0, 0, 0, rows, columns)]);
        return Node("Slice", [input, Longs(1, 1), Longs(int.MaxValue, int.MaxValue), Longs(2, 3)]);
    }

    /// <summary>Global average pooling to <c>[N, C]</c>.</summary>
    public string PoolToVector(string input) => Node("Flatten", [Node("GlobalAveragePool", [input])], null, Int("axis", 1));

    /// <summary><c>x·Wᵀ + b</c> for a weight <c>[outputs, inputs]</c>.</summary>
    public string Linear(string input, string weight, string bias) => Node("Gemm", [input, weight, bias], null, Int("transB", 1));

    /// <summary>Adds the output <c>[N, classes, H, W]</c>: a map <c>[N, C, H, W]</c> weighted by a classifier <c>[classes, C]</c> at every
    /// place.</summary>
    public void ClassActivation(string map, string weight, string name)
    {
        Node("Conv", [map, Node("Unsqueeze", [weight, Longs(2, 3)])], name, Ints("kernel_shape", 1, 1));
        var type = new TypeProto.Types.Tensor { ElemType = Float };
        _graph.Output.Add(new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = type } });
    }

    public string Softmax(string input) => Node("Softmax", [input], null, Int("axis", 1));

    /// <summary>The finished model with its metadata.</summary>
    public ModelProto ToModel(IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var model = new ModelProto
        {
            IrVersion = 8,
            ProducerName = "Microsoft.ML.PcDarts",
            ProducerVersion = typeof(OnnxGraph).Assembly.GetName().Version!.ToString(3),
            Graph = _graph,
        };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = Opset });
        model.MetadataProps.AddRange(metadata.Select(m => new StringStringEntryProto { Key = m.Key, Value = m.Value }));
        return model;
    }

    private string Node(string op, IReadOnlyList<string> inputs, string? output = null, params ReadOnlySpan<AttributeProto> attributes)
    {
        int number = _names++;
        output ??= $"{op}_{number}";
        var node = new NodeProto { OpType = op, Name = $"{op}_{number}" };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        foreach (AttributeProto attribute in attributes)
            node.Attribute.Add(attribute);
        _graph.Node.Add(node);
        return output;
    }

    private void Initializer(string name, int type, long[] shape, ReadOnlySpan<byte> values)
    {
        var tensor = new TensorProto { Name = name, DataType = type, RawData = ByteString.CopyFrom(values) };
        tensor.Dims.AddRange(shape);
        _graph.Initializer.Add(tensor);
    }

    private string Longs(params long[] values)
    {
        string name = $"constant_{_names++}";
        Initializer(name, Int64, [values.Length], LittleEndian(values));
        return name;
    }

    private static sbyte Rounded(float steps) => (sbyte)Math.Clamp(MathF.Round(steps), -sbyte.MaxValue, sbyte.MaxValue);

    private static AttributeProto Int(string name, long value) =>
        new() { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int };

    private static AttributeProto Ints(string name, params ReadOnlySpan<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        foreach (long value in values)
            attribute.Ints.Add(value);
        return attribute;
    }

    private static ValueInfoProto Value(string name, int type, params ReadOnlySpan<int> dimensions)
    {
        var shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "N" } } };
        foreach (int dimension in dimensions)
            shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = dimension });
        var tensor = new TypeProto.Types.Tensor { ElemType = type, Shape = shape };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }

    // raw_data is little-endian by the ONNX specification, as is every platform that libtorch and ONNX Runtime support.
    private static ReadOnlySpan<byte> LittleEndian<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values);
}
