using System.IO.Compression;
using System.IO.Hashing;
using Google.Protobuf;
using Microsoft.ML.PcDarts.Models.Onnx;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Models;

/// <summary>Finds the ONNX network of a PC-DARTS model in a model.zip or an .onnx file.</summary>
internal static class OnnxModelFile
{
    private const string EntryName = "OnnxModel";

    /// <summary>Reads the network and what it says of itself.</summary>
    /// <param name="stream">A model.zip or .onnx file; seekable, at its beginning.</param>
    /// <param name="name">What the messages call it.</param>
    /// <exception cref="InvalidDataException">It is cut short, damaged, too large, or holds no PC-DARTS model.</exception>
    public static (ModelProto Model, PcDartsModelInfo Info) Read(Stream stream, string name)
    {
        try
        {
            return ArchiveLimits.IsZip(stream) ? ReadZip(stream) : WithInfo(Content(stream, stream.Length));
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            throw Incomplete(name, exception);
        }
    }

    /// <summary>The error for a file that is no whole model.</summary>
    public static InvalidDataException Incomplete(string name, Exception cause) =>
        new($"{name} is not a complete PC-DARTS model: {cause.Message.TrimEnd('.')}.", cause);

    /// <summary>The last PC-DARTS network of a zip, all of which is checked: sizes and checksums.</summary>
    /// <param name="stream">The zip; seekable.</param>
    /// <param name="maximumBytes">Most bytes that it unpacks to.</param>
    /// <exception cref="InvalidDataException">There is none, or the zip is damaged or too large.</exception>
    public static (ModelProto Model, PcDartsModelInfo Info) ReadZip(Stream stream, long maximumBytes = ArchiveLimits.MaximumBytes)
    {
        using ZipArchive zip = ArchiveLimits.Open(stream, maximumBytes);
        var networks = new SortedDictionary<string, ZipArchiveEntry>(StringComparer.Ordinal);
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            CheckEntry(entry);
            if (entry.FullName.Split('/', '\\')[^1] == EntryName && !networks.TryAdd(entry.FullName, entry))
                throw new InvalidDataException($"it has two entries {entry.FullName}");
        }
        if (networks.Count == 0)
            throw new InvalidDataException("it has no ONNX model");
        InvalidDataException? foreign = null;
        foreach (ZipArchiveEntry entry in networks.Values.Reverse())
        {
            try
            {
                return WithInfo(ReadEntry(entry));
            }
            catch (InvalidDataException exception)
            {
                foreign ??= exception;
            }
        }
        throw foreign!;
    }

    private static (ModelProto Model, PcDartsModelInfo Info) WithInfo(byte[] bytes)
    {
        ModelProto model = Parse(bytes);
        var info = new PcDartsModelInfo(model);
        OnnxChecks.CheckNetwork(model, info.Shape);
        return (model, info);
    }

    private static ModelProto Parse(byte[] bytes)
    {
        OnnxChecks.CheckSize(bytes);
        try
        {
            return ModelProto.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException damage)
        {
            throw new InvalidDataException($"its ONNX model is damaged: {damage.Message}", damage);
        }
    }

    private static byte[] Content(Stream stream, long length)
    {
        if (length > ArchiveLimits.MaximumBytes)
            throw new InvalidDataException($"it has {length} bytes; at most {ArchiveLimits.MaximumBytes} are read");
        byte[] bytes = new byte[length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    // ML.NET and .NET unpack without a look at the checksums.
    private static void CheckEntry(ZipArchiveEntry entry)
    {
        var checksum = new Crc32();
        ArchiveLimits.Read(entry, checksum.Append);
        if (checksum.GetCurrentHashAsUInt32() != entry.Crc32)
            throw new InvalidDataException($"its entry {entry.FullName} does not match its checksum");
    }

    // ML.NET writes the model's length before its bytes.
    private static byte[] ReadEntry(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using var reader = new BinaryReader(stream);
        int length = reader.ReadInt32();
        if (length < 0 || length != entry.Length - sizeof(int))
            throw new InvalidDataException($"its ONNX model has {entry.Length - sizeof(int)} of {length} bytes");
        return Content(stream, length);
    }
}
