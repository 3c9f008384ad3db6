using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.PcDarts.Formats;

namespace Microsoft.ML.PcDarts.Tests.Formats;

/// <summary>
/// Zips with the instructions that torch.save writes for an ordered dictionary with one tensor, or for a checkpoint around it.
/// </summary>
public sealed class TorchFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Float")]
    [InlineData("Double")]
    [InlineData("Half")]
    [InlineData("BFloat16")]
    public void Read_FloatingTypes_AreFloat32(string type)
    {
        TensorData tensor = Read(Write(StateDict(type, offset: 1, size: (2, 3), stride: (3, 1)),
            Bytes(type, [9, 0, 1, 2, 3, 4, -5.5f])))["weight"];

        Assert.Equal([2, 3], tensor.Shape);
        Assert.Equal([0, 1, 2, 3, 4, -5.5f], tensor.Floats);
    }

    [Fact]
    public void Read_TransposedTensor_IsRowMajor()
        => Assert.Equal([0, 2, 4, 1, 3, 5],
            Read(Write(StateDict("Float", 0, (2, 3), (1, 2)), Bytes("Float", [0, 1, 2, 3, 4, 5])))["weight"].Floats);

    [Fact]
    public void Read_Int64_StaysInt64()
        => Assert.Equal([1, 2, 3, 4, 5, 6],
            Read(Write(StateDict("Long", 0, (2, 3), (3, 1)), MemoryMarshal.AsBytes<long>([1, 2, 3, 4, 5, 6]).ToArray()))["weight"].Longs);

    [Fact]
    public void Read_Checkpoint_GivesItsStateDict()
    {
        // {"epoch": 7, "state_dict": …}: numbers of one and two bytes, of four bytes, and of any length.
        string pickle = $"\u0080\u0002}}q\u0000({Text("epoch")}K\u0007{Text("steps")}M\u0000\u0001{Text("seed")}J\u0001\0\0\0"
            + $"{Text("big")}\u008a\u0001\u0005{Text("state_dict")}{StateDict("Float", 0, (2, 3), (3, 1))[2..^1]}u.";

        Assert.Equal(["weight"], Read(Write(pickle, Bytes("Float", [0, 1, 2, 3, 4, 5]))).Keys);
    }

    [Fact]
    public void Read_AlphaBesideAStateDict_IsReadWithIt()
    {
        // {"alphas_normal": …, "best_acc": …, "state_dict": …}
        string state = StateDict("Float", 0, (2, 3), (3, 1));
        string tensor = state[state.IndexOf("ctorch._utils", StringComparison.Ordinal)..state.IndexOf("u}q\u000e",
            StringComparison.Ordinal)].Replace("h\u0000", "ccollections\nOrderedDict\n", StringComparison.Ordinal);
        string pickle = $"\u0080\u0002}}q\u0000({Text("alphas_normal")}{tensor}{Text("best_acc")}{tensor}{Text("state_dict")}"
            + $"{state[2..^1]}u.";

        IReadOnlyDictionary<string, TensorData> tensors = Read(Write(pickle, Bytes("Float", [0, 1, 2, 3, 4, 5])));

        Assert.Equal(["alphas_normal", "weight"], tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([0, 1, 2, 3, 4, 5], tensors["alphas_normal"].Floats);
    }

    [Theory]
    [InlineData(1, 3, 1)]
    [InlineData(0, 1, 3)]
    [InlineData(0, 200, 1)]
    public void Read_TensorBeyondItsValues_IsRefused(int offset, int stride0, int stride1)
    {
        string file = Write(StateDict("Float", offset, (2, 3), (stride0, stride1)), Bytes("Float", [0, 1, 2, 3, 4, 5]));

        Assert.Contains("'weight' of shape [2, 3] reaches beyond its 6 stored values",
            Assert.Throws<InvalidDataException>(() => Read(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TensorsThatShareTheirValues_AreLimitedByTheFile()
    {
        // 200 names for one tensor of a megabyte: 200 MB in memory.
        float[] values = new float[1 << 18];
        string tensor = Tensor(values.Length), many = string.Concat(Enumerable.Range(0, 200).Select(i => $"{Text($"w{i}")}{tensor}"));
        string file = Write($"\u0080\u0002}}({many}u.", Bytes("Float", values));

        long before = GC.GetAllocatedBytesForCurrentThread();
        string told = Assert.Throws<InvalidDataException>(() => Read(file)).Message;

        Assert.Contains($"more than {4 * new FileInfo(file).Length + (1 << 24)} bytes of memory, "
            + $"the limit for a file of {new FileInfo(file).Length}", told, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50_000_000);
    }

    [Fact]
    public void Read_TiedWeights_AreRead()
    {
        float[] values = [.. Enumerable.Range(0, 1 << 18).Select(i => (float)i)];
        string tensor = Tensor(values.Length);

        IReadOnlyDictionary<string, TensorData> read = Read(
            Write($"\u0080\u0002}}({Text("a")}{tensor}{Text("b")}{tensor}{Text("c")}{tensor}u.", Bytes("Float", values)));

        Assert.Equal(["a", "b", "c"], read.Keys);
        Assert.All(read.Values, value => Assert.Equal(values, value.Floats));
    }

    [Fact]
    public void Read_KeysThatCollide_AreReadInTime()
    {
        // 64-bit numbers whose halves are equal: .NET's own hash of each is 0.
        var pickle = new StringBuilder("\u0080\u0002}(");
        for (uint i = 1; i <= 100_000; i++)
        {
            long both = (long)(((ulong)i << 32) | i);
            pickle.Append("\u008a\u0008").Append(Encoding.Latin1.GetString(BitConverter.GetBytes(both))).Append('N');
        }

        pickle.Append("u.");
        string file = Write(pickle.ToString(), []);

        // Two billion comparisons, or 100,000; the number is what is measured, not the time.
        Assert.Empty(Read(file));
        Assert.Equal(1, Buckets(PickleReader.NewDictionary()), 0.5);

        static double Buckets(Dictionary<object, object?> empty)
        {
            int[] hashes = [.. Enumerable.Range(1, 1000).Select(i => empty.Comparer.GetHashCode(((long)i << 32) | (uint)i))];
            return hashes.Length / (double)hashes.Distinct().Count();
        }
    }

    [Theory]
    [InlineData("]")]
    [InlineData("}")]
    [InlineData("N")]
    [InlineData("(K\u0001t")] // a tuple
    public void Read_KeyOfAnotherKind_IsRefused(string key)
        => Assert.Contains("neither text nor a number",
            Assert.Throws<InvalidDataException>(() => Read(Write($"\u0080\u0002}}({key}Nu.", []))).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_PickleOfManyObjects_IsRefused()
    {
        string file = Write($"\u0080\u0002{new string(']', ObjectBudget.Maximum)}.", []);

        Assert.Contains("makes more than 2000000 objects", Assert.Throws<InvalidDataException>(() => Read(file)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ListCopiedByManyCalls_IsRefused()
    {
        // A list of 100,000 pairs, kept, and made a dictionary of 1,000 times.
        string pairs = string.Concat(Enumerable.Range(0, 100_000)
            .Select(i => $"J{Encoding.Latin1.GetString(BitConverter.GetBytes(i))}N\u0086"));
        string call = "ccollections\nOrderedDict\nh\u0000\u0085R";
        string file = Write($"\u0080\u0002](eq\u0000({pairs}e{string.Concat(Enumerable.Repeat(call, 1000))}.", []);

        Assert.Contains("makes more than 2000000 objects", Assert.Throws<InvalidDataException>(() => Read(file)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MoreDimensionsThanAllowed_IsRefused()
    {
        string ones = new(Enumerable.Repeat("K\u0001", 9).SelectMany(one => one).ToArray());
        string tensor = $"ctorch._utils\n_rebuild_tensor_v2\n(({Text("storage")}ctorch\nFloatStorage\n{Text("0")}"
            + $"{Text("cpu")}K\u0001tQK\u0000({ones}t({ones}ttR";

        Assert.Contains("a tensor of 9 dimensions; at most 8",
            Assert.Throws<InvalidDataException>(() => Read(Write($"\u0080\u0002}}({Text("w")}{tensor}u.", Bytes("Float", [1])))).Message,
            StringComparison.Ordinal);
    }

    private static IReadOnlyDictionary<string, TensorData> Read(string path) => TorchFile.Read(path, ["alphas_normal"]);

    private static string Tensor(int count)
    {
        string number = Encoding.Latin1.GetString(BitConverter.GetBytes(count));
        return $"ctorch._utils\n_rebuild_tensor_v2\n(({Text("storage")}ctorch\nFloatStorage\n{Text("0")}{Text("cpu")}J{number}tQK\u0000J"
            + $"{number}\u0085K\u0001\u0085\u0089}}tR";
    }

    private static string StateDict(string type, int offset, (int Rows, int Columns) size, (int Row, int Column) stride)
        => $"\u0080\u0002ccollections\nOrderedDict\nq\u0000)Rq\u0001({Text("weight")}ctorch._utils\n_rebuild_tensor_v2\nq\u0003(("
            + $"{Text("storage")}ctorch\n{type}Storage\nq\u0005{Text("0")}{Text("cpu")}K\u0007tq\u0008Q"
            + $"K{(char)offset}K{(char)size.Rows}K{(char)size.Columns}\u0086q\u0009K{(char)stride.Row}K"
            + $"{(char)stride.Column}\u0086q\u000a\u0089h\u0000)Rq\u000btq\u000cRq\u000du}}q\u000e{Text("_metadata")}h\u0000)Rq\u000fsb.";

    private static string Text(string value) => $"X{(char)value.Length}\0\0\0{value}";

    private static byte[] Bytes(string type, float[] values) => type switch
    {
        "Float" => MemoryMarshal.AsBytes<float>(values).ToArray(),
        "Double" => MemoryMarshal.AsBytes<double>(Array.ConvertAll(values, value => (double)value)).ToArray(),
        "Half" => MemoryMarshal.AsBytes<Half>(Array.ConvertAll(values, value => (Half)value)).ToArray(),
        _ => MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(values, value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)))
            .ToArray(),
    };

    private string Write(string pickle, byte[] values)
    {
        string file = _folder.File("weights.pth");
        using ZipArchive zip = ZipFile.Open(file, ZipArchiveMode.Create);
        Add("archive/data.pkl", Encoding.Latin1.GetBytes(pickle));
        Add("archive/byteorder", "little"u8.ToArray());
        Add("archive/data/0", values);
        return file;

        void Add(string name, byte[] bytes)
        {
            using Stream entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
            entry.Write(bytes);
        }
    }
}
