using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Formats;

internal sealed partial class SafetensorsFile
{
    /// <summary>
    /// Writes a file so that <paramref name="path"/> always holds either its old content or all of the new: to <c>path.tmp</c>, flushed to
    /// the disk, then renamed. The same content gives the same bytes.
    /// </summary>
    public static void Write(string path, IReadOnlyDictionary<string, TensorData> tensors,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        // Wider types first keeps every tensor aligned.
        KeyValuePair<string, TensorData>[] ordered =
            [.. tensors.OrderByDescending(t => ElementSize(t.Value.DType)).ThenBy(t => t.Key, StringComparer.Ordinal)];
        byte[] header = WriteHeader(ordered, metadata);
        AtomicFile.Write(path, file =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
            file.Write(length);
            file.Write(header);
            foreach ((_, TensorData tensor) in ordered)
                file.Write(AsBytes(tensor));
        });
    }

    private static byte[] WriteHeader(KeyValuePair<string, TensorData>[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(MetadataName);
                foreach ((string name, string value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
                    json.WriteString(name, value);
                json.WriteEndObject();
            }
            long offset = 0;
            foreach ((string name, TensorData tensor) in tensors)
            {
                if (name == MetadataName)
                    throw new ArgumentException($"A tensor cannot be named {MetadataName}.", nameof(tensors));
                json.WriteStartObject(name);
                json.WriteString("dtype", tensor.DType switch { TensorDType.Float32 => "F32", TensorDType.Int64 => "I64", _ => "U8" });
                json.WriteStartArray("shape");
                foreach (long dimension in tensor.Shape)
                    json.WriteNumberValue(dimension);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += (long)tensor.Count * ElementSize(tensor.DType));
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (stream.Length % 8 != 0)
            stream.WriteByte((byte)' ');
        return stream.ToArray();
    }

    private static int ElementSize(TensorDType dtype) => dtype switch { TensorDType.Float32 => 4, TensorDType.Int64 => 8, _ => 1 };

    private static ReadOnlySpan<byte> AsBytes(TensorData tensor) => tensor.DType switch
    {
        TensorDType.Float32 => MemoryMarshal.AsBytes<float>(tensor.Floats),
        TensorDType.Int64 => MemoryMarshal.AsBytes<long>(tensor.Longs),
        _ => tensor.Bytes,
    };
}
