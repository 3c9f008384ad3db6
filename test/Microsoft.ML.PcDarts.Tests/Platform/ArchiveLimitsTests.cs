using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Tests.Platform;

public sealed class ArchiveLimitsTests
{
    [Fact]
    public void Check_WholeZip_LeavesTheStreamAtItsBeginning()
    {
        using MemoryStream zip = Zip(("a", 100_000), ("b", 3));

        ArchiveLimits.Check(zip);

        Assert.Equal(0, zip.Position);
        Assert.Equal(2, new ZipArchive(zip).Entries.Count);
    }

    [Fact]
    public void Check_MoreBytesThanAllowed_SaysBothNumbers()
    {
        using MemoryStream zip = Zip(("a", 600_000), ("b", 600_000));

        Assert.Equal("it unpacks to 1,200,000 bytes; at most 1,000,000 are read", Message(() => ArchiveLimits.Check(zip, 1_000_000)));
        ArchiveLimits.Check(zip, 1_200_000);
    }

    [Fact]
    public void Check_SizesThatOverflow_AreRefused()
    {
        using MemoryStream zip = Zip([.. Enumerable.Range(0, 3).Select(i => ($"{i}", 10))]);
        byte[] bytes = zip.ToArray();
        // The largest size that the directory can hold without its 64-bit form.
        for (int at = 0; (at = Next(bytes, at)) >= 0; at++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at + 24), uint.MaxValue - 1);

        Assert.StartsWith("it unpacks to 12,884,901,882 bytes", Message(() => ArchiveLimits.Check(new MemoryStream(bytes))),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression, 10)]
    [InlineData(CompressionLevel.NoCompression, 200_000)]
    [InlineData(CompressionLevel.Optimal, 200_000)]
    public void Check_HeaderThatLies_IsRefused(CompressionLevel level, int claimed)
    {
        using MemoryStream zip = Zip(level, ("a", 100_000));
        byte[] bytes = zip.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(Next(bytes, 0) + 24), claimed);

        Assert.Equal($"its entry a has {(claimed < 100_000 ? "more" : "fewer")} bytes than the {claimed} of its header",
            Message(() => ArchiveLimits.Check(new MemoryStream(bytes))));
    }

    [Fact]
    public void Open_TooManyEntries_IsRefusedBeforeTheyAreRead()
    {
        using MemoryStream zip = Zip([.. Enumerable.Range(0, ArchiveLimits.MaximumEntries + 1).Select(i => ($"{i}", 0))]);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal("it has 10,001 entries; at most 10,000 are read", Message(() => ArchiveLimits.Open(zip)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 500_000);
    }

    [Fact]
    public void Open_MoreEntriesThanTheLastRecordCounts_IsRefusedBeforeTheyAreRead()
    {
        using MemoryStream zip = Zip([.. Enumerable.Range(0, 20_000).Select(i => ($"{i}", 0))]);
        byte[] bytes = zip.ToArray();
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(bytes.Length - 14), 3);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(bytes.Length - 12), 3);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<InvalidDataException>(() => ArchiveLimits.Open(new MemoryStream(bytes)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 500_000);
    }

    [Fact]
    public void Open_SixtyFourBitCount_IsReadToo()
    {
        using MemoryStream zip = Zip(("a", 1));
        byte[] bytes = zip.ToArray(), end = bytes[^22..], record = new byte[56], locator = new byte[20];
        "PK\x06\x06"u8.CopyTo(record);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(32), 1_000_000);
        "PK\x06\x07"u8.CopyTo(locator);
        BinaryPrimitives.WriteInt64LittleEndian(locator.AsSpan(8), bytes.Length - 22);
        end.AsSpan(8, 4).Fill(0xff);

        Assert.Equal("it has 1,000,000 entries; at most 10,000 are read",
            Message(() => ArchiveLimits.Open(new MemoryStream([.. bytes[..^22], .. record, .. locator, .. end]))));
    }

    private static string Message(Action act) => Assert.Throws<InvalidDataException>(act).Message;

    private static int Next(byte[] bytes, int from) => bytes.AsSpan(from).IndexOf("PK\x01\x02"u8) is >= 0 and var at ? from + at : -1;

    private static MemoryStream Zip(params (string Name, int Size)[] entries) => Zip(CompressionLevel.Optimal, entries);

    private static MemoryStream Zip(CompressionLevel level, params (string Name, int Size)[] entries)
    {
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, int size) in entries)
            {
                using Stream entry = zip.CreateEntry(name, level).Open();
                entry.Write(new byte[size]);
            }
        }

        stream.Position = 0;
        return stream;
    }
}
