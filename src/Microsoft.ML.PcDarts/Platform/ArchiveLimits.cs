using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;

namespace Microsoft.ML.PcDarts.Platform;

/// <summary>
/// Limits that a zip passes before anything of it is kept in memory or written to the disk: a few megabytes can unpack to many gigabytes.
/// </summary>
/// <remarks>The file uses nothing but .NET, so that programs without this library can compile it in.</remarks>
internal static class ArchiveLimits
{
    /// <summary>Most bytes that all entries together unpack to: 1 GiB. The largest network of the paper has some 20 MB.</summary>
    public const long MaximumBytes = 1L << 30;

    /// <summary>Most entries: 10,000. A model.zip has some twenty, a file of PyTorch one for each tensor.</summary>
    public const int MaximumEntries = 10_000;

    private const int EndLength = 22, LocatorLength = 20, RecordLength = 56;

    /// <summary>Whether the stream, at its beginning and left there, begins like a zip.</summary>
    public static bool IsZip(Stream stream)
    {
        Span<byte> start = stackalloc byte[2];
        bool zip = stream.ReadAtLeast(start, 2, throwOnEndOfStream: false) == 2 && start.SequenceEqual("PK"u8);
        stream.Position = 0;
        return zip;
    }

    /// <summary>Unpacks a whole zip and keeps nothing, so that whoever reads it afterwards meets no more than the limits allow.</summary>
    /// <param name="stream">A zip; seekable. It is left at its beginning.</param>
    /// <param name="maximumBytes">Most bytes that the entries unpack to together.</param>
    /// <exception cref="InvalidDataException">A limit is exceeded, an entry has another size than it claims, or the zip is damaged; the
    /// message has no subject.</exception>
    public static void Check(Stream stream, long maximumBytes = MaximumBytes)
    {
        using (ZipArchive zip = Open(stream, maximumBytes))
        {
            foreach (ZipArchiveEntry entry in zip.Entries)
                Read(entry, static _ => { });
        }

        stream.Position = 0;
    }

    /// <summary>Opens a zip whose directory keeps the limits; what an entry really unpacks to, <see cref="Read"/> checks.</summary>
    /// <param name="stream">Seekable; left open.</param>
    /// <param name="maximumBytes">Most bytes that the entries unpack to together.</param>
    /// <param name="maximumEntries">Most entries.</param>
    /// <exception cref="InvalidDataException">A limit is exceeded, or the zip is damaged; the message has no subject.</exception>
    public static ZipArchive Open(Stream stream, long maximumBytes = MaximumBytes, int maximumEntries = MaximumEntries)
    {
        if (CountOf(stream) is var count && count > (ulong)maximumEntries)
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                $"it has {count:N0} entries; at most {maximumEntries:N0} are read"));
        stream.Position = 0;
        var zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
        try
        {
            // Not checked arithmetic: 10,000 sizes of 63 bits do not fit 64.
            Int128 bytes = 0;
            foreach (ZipArchiveEntry entry in zip.Entries)
                bytes += entry.Length;
            if (bytes > maximumBytes)
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                    $"it unpacks to {bytes:N0} bytes; at most {maximumBytes:N0} are read"));
            return zip;
        }
        catch
        {
            zip.Dispose();
            throw;
        }
    }

    /// <summary>Unpacks an entry piece by piece.</summary>
    /// <param name="entry">An entry of <see cref="Open"/>.</param>
    /// <param name="take">Is given the pieces, none of which is larger than 64 KiB.</param>
    /// <exception cref="InvalidDataException">It is damaged, or has more or fewer bytes than its header claims; the message has no
    /// subject.</exception>
    public static void Read(ZipArchiveEntry entry, Action<ReadOnlySpan<byte>> take)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            using Stream content = entry.Open();
            long left = entry.Length;
            while (content.Read(buffer, 0, 1 << 16) is var count and > 0)
            {
                if ((left -= count) < 0)
                    break;
                take(buffer.AsSpan(0, count));
            }

            if (left != 0)
                throw new InvalidDataException($"its entry {entry.FullName} has {(left < 0 ? "more" : "fewer")} bytes than "
                    + $"the {entry.Length} of its header");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // The number of entries by the zip's last record, read before .NET makes an object of each. .NET refuses a directory that has more than
    // this number.
    private static ulong CountOf(Stream stream)
    {
        byte[] tail = new byte[(int)Math.Min(stream.Length, EndLength + ushort.MaxValue + LocatorLength)];
        stream.Position = stream.Length - tail.Length;
        stream.ReadExactly(tail);
        int end = tail.AsSpan().LastIndexOf("PK\x05\x06"u8);
        if (end < 0 || tail.Length - end < EndLength)
            return 0; // no zip, which ZipArchive says
        ushort count = BinaryPrimitives.ReadUInt16LittleEndian(tail.AsSpan(end + 10));
        if (count != ushort.MaxValue || end < LocatorLength || !tail.AsSpan(end - LocatorLength).StartsWith("PK\x06\x07"u8))
            return count;
        ulong at = BinaryPrimitives.ReadUInt64LittleEndian(tail.AsSpan(end - LocatorLength + 8));
        if (at > (ulong)Math.Max(0, stream.Length - RecordLength))
            return count;
        byte[] record = new byte[RecordLength];
        stream.Position = (long)at;
        stream.ReadExactly(record);
        return BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(32));
    }
}
