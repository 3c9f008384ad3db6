using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Microsoft.ML.PcDarts.Formats;

/// <summary>
/// A safetensors file held in memory: an 8-byte little-endian header length, a JSON header, then the tensors' bytes without holes.
/// F32, I64 and U8 tensors are understood. Nothing is sized by what the header says before that agrees with the bytes that are there.
/// </summary>
internal sealed partial class SafetensorsFile
{
    private const int MaximumHeaderBytes = 1 << 25, MaximumTensors = 100_000, MaximumDimensions = 8;
    private const string MetadataName = "__metadata__";

    private SafetensorsFile(IReadOnlyDictionary<string, string> metadata, IReadOnlyDictionary<string, TensorData> tensors)
    {
        Metadata = metadata;
        Tensors = tensors;
    }

    /// <summary>The header's text entries; empty if there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    public IReadOnlyDictionary<string, TensorData> Tensors { get; }

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="InvalidDataException">The file is torn or breaks the format; the message names it.</exception>
    public static SafetensorsFile Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        try
        {
            Span<byte> lengthBytes = stackalloc byte[8];
            if (file.Length < 8)
                throw new InvalidDataException($"it has {file.Length} bytes, fewer than the 8 of the header's length");
            file.ReadExactly(lengthBytes);
            ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
            if (headerLength > MaximumHeaderBytes && headerLength <= (ulong)(file.Length - 8))
                throw new InvalidDataException($"its header has {headerLength} bytes; at most {MaximumHeaderBytes} are read");
            if (headerLength > (ulong)(file.Length - 8))
                throw new InvalidDataException($"its header claims {headerLength} bytes, the file has {file.Length}");
            byte[] header = new byte[headerLength];
            file.ReadExactly(header);
            (Dictionary<string, string> metadata, List<Entry> entries) = ParseHeader(header);
            CheckOffsets(entries, file.Length - 8 - header.Length);
            var tensors = new Dictionary<string, TensorData>(entries.Count, StringComparer.Ordinal);
            foreach (Entry entry in entries.OrderBy(e => e.Begin))
                tensors.Add(entry.Name, ReadTensor(file, entry));
            return new SafetensorsFile(metadata, tensors);
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or JsonException)
        {
            throw new InvalidDataException($"{path} is not a complete safetensors file: {exception.Message.TrimEnd('.')}.", exception);
        }
    }

    private static (Dictionary<string, string> Metadata, List<Entry> Entries) ParseHeader(byte[] header)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return ParseMembers(document.RootElement);
        }
        catch (InvalidOperationException exception)
        {
            // What System.Text.Json throws for a name or a value that is no Unicode text.
            throw new InvalidDataException("its header holds text that is not Unicode", exception);
        }
    }

    private static (Dictionary<string, string> Metadata, List<Entry> Entries) ParseMembers(JsonElement header)
    {
        if (header.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException("its header is not a JSON object");
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var entries = new List<Entry>();
        foreach (JsonProperty property in header.EnumerateObject())
        {
            if (property.Name != MetadataName)
            {
                if (entries.Count == MaximumTensors)
                    throw new InvalidDataException($"its header names more than {MaximumTensors} tensors");
                entries.Add(ParseEntry(property.Name, property.Value));
                continue;
            }
            if (property.Value.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"{MetadataName} is not a JSON object");
            foreach (JsonProperty text in property.Value.EnumerateObject())
            {
                metadata.Add(text.Name, text.Value.ValueKind == JsonValueKind.String
                    ? text.Value.GetString()!
                    : throw new InvalidDataException($"metadata '{text.Name}' is not a string"));
            }
        }
        return (metadata, entries);
    }

    private static Entry ParseEntry(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("dtype", out JsonElement dtype)
            || !value.TryGetProperty("shape", out JsonElement shape) || !value.TryGetProperty("data_offsets", out JsonElement offsets)
            || dtype.ValueKind != JsonValueKind.String || Longs(shape) is not { } dimensions
            || Longs(offsets) is not [long begin, long end])
        {
            throw new InvalidDataException($"the entry of tensor '{name}' lacks a dtype, a shape or two data_offsets");
        }
        if (dimensions.Length > MaximumDimensions)
            throw new InvalidDataException($"tensor '{name}' has {dimensions.Length} dimensions; at most {MaximumDimensions} are read");
        (TensorDType type, int size) = dtype.GetString() switch
        {
            "F32" => (TensorDType.Float32, 4),
            "I64" => (TensorDType.Int64, 8),
            "U8" => (TensorDType.UInt8, 1),
            string other => throw new InvalidDataException($"tensor '{name}' has dtype {other}; F32, I64 and U8 are supported"),
            null => throw new InvalidDataException($"tensor '{name}' has no dtype"),
        };
        Int128 count = 1;
        foreach (long dimension in dimensions)
        {
            // Bounded at each step, so that the product cannot overflow.
            count = dimension == 0 ? 0 : count * dimension;
            if (count > Array.MaxLength)
                throw new InvalidDataException($"tensor '{name}' of shape [{string.Join(", ", dimensions)}] is too large");
        }
        if (begin > end || end - begin != (long)count * size)
        {
            throw new InvalidDataException($"tensor '{name}' of shape [{string.Join(", ", dimensions)}] needs {(long)count * size} bytes, "
                + $"its offsets are {begin} to {end}");
        }
        return new Entry(name, type, dimensions, (int)count, begin, end);
    }

    private static long[]? Longs(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
            return null;
        var result = new List<long>();
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out long number) || number < 0)
                return null;
            result.Add(number);
        }
        return [.. result];
    }

    private static void CheckOffsets(List<Entry> entries, long dataLength)
    {
        long expected = 0;
        foreach (Entry entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.Begin != expected)
            {
                throw new InvalidDataException($"tensor '{entry.Name}' begins at {entry.Begin}, {(entry.Begin < expected
                    ? "inside the tensor before it" : "after a hole")}; {expected} was expected");
            }
            expected = entry.End;
        }
        if (expected != dataLength)
            throw new InvalidDataException($"its tensors need {expected} bytes, {dataLength} follow the header");
    }

    private static TensorData ReadTensor(FileStream file, Entry entry)
    {
        switch (entry.DType)
        {
            case TensorDType.Float32:
                float[] floats = new float[entry.Count];
                file.ReadExactly(MemoryMarshal.AsBytes(floats.AsSpan()));
                return new TensorData(entry.Shape, floats);
            case TensorDType.Int64:
                long[] longs = new long[entry.Count];
                file.ReadExactly(MemoryMarshal.AsBytes(longs.AsSpan()));
                return new TensorData(entry.Shape, longs);
            default:
                byte[] bytes = new byte[entry.Count];
                file.ReadExactly(bytes);
                return new TensorData(entry.Shape, bytes);
        }
    }

    private sealed record Entry(string Name, TensorDType DType, long[] Shape, int Count, long Begin, long End);
}
