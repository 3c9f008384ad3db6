using System.IO.Compression;

namespace PcDarts.Web.Models;

/// <summary>Finds the ONNX network inside a model.zip.</summary>
internal static class NetworkFile
{
    private const string EntryName = "OnnxModel";

    /// <summary>The bytes of the last ONNX network of the pipeline.</summary>
    /// <exception cref="InvalidDataException">There is none, or the zip is cut short or damaged.</exception>
    public static byte[] Read(byte[] zip)
    {
        using var archive = new ZipArchive(new MemoryStream(zip, writable: false), ZipArchiveMode.Read);
        ZipArchiveEntry entry = archive.Entries.Where(e => e.FullName.Split('/', '\\')[^1] == EntryName)
            .MaxBy(e => e.FullName, StringComparer.Ordinal)
            ?? throw new InvalidDataException("it has no ONNX network");
        using Stream stream = entry.Open();
        using var reader = new BinaryReader(stream);
        // ML.NET writes the network's length before its bytes.
        int length = reader.ReadInt32();
        byte[] network = length >= 0 && length == entry.Length - sizeof(int) ? reader.ReadBytes(length) : [];
        return network.Length == length
            ? network
            : throw new InvalidDataException($"its ONNX network has {entry.Length - sizeof(int)} of {length} bytes");
    }
}
