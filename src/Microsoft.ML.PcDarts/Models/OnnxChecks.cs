using System.Runtime.InteropServices;
using Google.Protobuf.Reflection;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Models.Onnx;

namespace Microsoft.ML.PcDarts.Models;

/// <summary>The limits on the bytes of an ONNX model before they become objects, and on its network before it is run.</summary>
internal static class OnnxChecks
{
    /// <summary>
    /// Most messages (nodes, attributes, tensors, …) of a model: 1,000,000. Two bytes make an object of a hundred; the paper's networks
    /// have some 20,000.
    /// </summary>
    public const int MaximumMessages = 1_000_000;

    private const int Float = 1, UInt8 = 2, Float16 = 10, External = 1, MaximumDimensions = 8;

    /// <summary>Counts the messages of serialized bytes.</summary>
    /// <exception cref="InvalidDataException">There are too many, or the bytes are damaged; the message has no subject.</exception>
    public static void CheckSize(ReadOnlySpan<byte> bytes)
    {
        int left = MaximumMessages;
        Count(bytes, ModelProto.Descriptor, ref left);
    }

    /// <summary>
    /// Checks that the network reads one picture of the size that the metadata say, and that its weights are finite and in the file.
    /// </summary>
    /// <exception cref="InvalidDataException">It is not so; the message has no subject.</exception>
    public static void CheckNetwork(ModelProto model, NetworkShape shape)
    {
        GraphProto graph = model.Graph ?? throw new InvalidDataException("its ONNX model has no network");
        if (graph.Input is not [{ Type.TensorType: { ElemType: Float or UInt8, Shape.Dim: [_, { DimValue: 3 }, { } height, { } width] } }]
            || height.DimValue != shape.ImageHeight || width.DimValue != shape.ImageWidth)
        {
            throw new InvalidDataException("its network does not read one batch of pictures [N, "
                + $"3, {shape.ImageHeight}, {shape.ImageWidth}], the size that its metadata say");
        }

        if (graph.Output.Count == 0)
            throw new InvalidDataException("its network has no output");
        foreach (TensorProto tensor in graph.Initializer.Concat(graph.Node.SelectMany(node => node.Attribute)
            .Select(attribute => attribute.T).OfType<TensorProto>()))
            CheckTensor(tensor);
    }

    private static void CheckTensor(TensorProto tensor)
    {
        if (tensor.DataLocation == External)
            throw new InvalidDataException($"the values of its '{tensor.Name}' are in another file, which is not read");
        if (tensor.Dims.Count > MaximumDimensions)
            throw new InvalidDataException($"its '{tensor.Name}' has {tensor.Dims.Count} dimensions; at most {MaximumDimensions} are read");
        ReadOnlySpan<byte> raw = tensor.RawData.Span;
        switch (tensor.DataType)
        {
            case Float:
                TensorChecks.CheckFinite(tensor.Name, MemoryMarshal.Cast<byte, float>(raw), tensor.Dims);
                TensorChecks.CheckFinite(tensor.Name, tensor.FloatData.ToArray(), tensor.Dims);
                break;
            case Float16:
                TensorChecks.CheckFinite(tensor.Name,
                    Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(raw).ToArray(), half => (float)half), tensor.Dims);
                TensorChecks.CheckFinite(tensor.Name,
                    [.. tensor.Int32Data.Select(bits => (float)BitConverter.UInt16BitsToHalf((ushort)bits))], tensor.Dims);
                break;
        }
    }

    // Walks the wire format: a tag, then a number, four or eight bytes, or bytes after their length, which for messages are again such
    // fields.
    private static void Count(ReadOnlySpan<byte> bytes, MessageDescriptor message, ref int left)
    {
        while (!bytes.IsEmpty)
        {
            ulong tag = Number(ref bytes);
            FieldDescriptor? field = message.FindFieldByNumber((int)(tag >> 3) & int.MaxValue);
            // Unknown fields are kept, each as an object.
            if ((field is null || field.FieldType == FieldType.Message) && --left < 0)
                throw new InvalidDataException($"its ONNX model has more than {MaximumMessages} messages");
            switch (tag & 7)
            {
                case 0:
                    Number(ref bytes);
                    break;
                case 1:
                    Take(ref bytes, 8);
                    break;
                case 5:
                    Take(ref bytes, 4);
                    break;
                case 2:
                    ReadOnlySpan<byte> content = Take(ref bytes, Number(ref bytes));
                    if (field?.FieldType == FieldType.Message)
                        Count(content, field.MessageType, ref left);
                    break;
                default:
                    throw new InvalidDataException("its ONNX model is damaged: it has fields of a kind that ONNX does not have");
            }
        }
    }

    private static ulong Number(ref ReadOnlySpan<byte> bytes)
    {
        ulong number = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte part = Take(ref bytes, 1)[0];
            number |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return number;
        }

        throw new InvalidDataException("its ONNX model is damaged: a number has more than 64 bits");
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, ulong count)
    {
        if (count > (ulong)bytes.Length)
            throw new InvalidDataException("its ONNX model is cut short");
        ReadOnlySpan<byte> taken = bytes[..(int)count];
        bytes = bytes[(int)count..];
        return taken;
    }
}
