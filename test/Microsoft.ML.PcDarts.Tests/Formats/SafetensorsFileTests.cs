using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Microsoft.ML.PcDarts.Formats;

namespace Microsoft.ML.PcDarts.Tests.Formats;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Target => _folder.File("a.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_ThenRead_GivesTheSame()
    {
        var tensors = new Dictionary<string, TensorData>
        {
            ["w"] = new([2, 3], [1f, -0f, float.NaN, float.MaxValue, float.Epsilon, float.NegativeInfinity]),
            ["steps"] = new([], [long.MinValue]),
            ["pixels α"] = new([3, 1], new byte[] { 0, 128, 255 }),
            ["nothing"] = new([0, 4], Array.Empty<float>()),
        };
        var metadata = new Dictionary<string, string> { ["quote"] = "\"β\"\n\\", ["empty"] = "" };
        SafetensorsFile.Write(Target, tensors, metadata);
        SafetensorsFile read = SafetensorsFile.Read(Target);
        Assert.Equal(metadata, read.Metadata);
        Assert.Equal(tensors.Keys.Order(), read.Tensors.Keys.Order());
        Assert.Equal(tensors["w"].Floats.Select(BitConverter.SingleToInt32Bits),
            read.Tensors["w"].Floats.Select(BitConverter.SingleToInt32Bits));
        Assert.Equal([2, 3], read.Tensors["w"].Shape);
        Assert.Equal([long.MinValue], read.Tensors["steps"].Longs);
        Assert.Empty(read.Tensors["steps"].Shape);
        Assert.Equal([0, 128, 255], read.Tensors["pixels α"].Bytes);
        Assert.Equal([0, 4], read.Tensors["nothing"].Shape);
    }

    [Fact]
    public void Write_Twice_GivesTheSameBytesAndReplaces()
    {
        SafetensorsFile.Write(Target, new Dictionary<string, TensorData> { ["b"] = Floats(1), ["a"] = Floats(2) });
        byte[] first = File.ReadAllBytes(Target);
        SafetensorsFile.Write(Target, new Dictionary<string, TensorData> { ["a"] = Floats(2), ["b"] = Floats(1) });
        Assert.Equal(first, File.ReadAllBytes(Target));
        Assert.Equal([Target], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Write_Fails_KeepsTheOldFileAndNothingElse()
    {
        SafetensorsFile.Write(Target, new Dictionary<string, TensorData> { ["a"] = Floats(1) });
        byte[] old = File.ReadAllBytes(Target);
        Assert.Throws<ArgumentException>(
            () => SafetensorsFile.Write(Target, new Dictionary<string, TensorData> { ["__metadata__"] = Floats(1) }));
        Assert.Equal(old, File.ReadAllBytes(Target));
        // The target is a folder: the rename at the end fails.
        string folder = _folder.File("folder");
        Directory.CreateDirectory(folder);
        Assert.ThrowsAny<Exception>(() => SafetensorsFile.Write(folder, new Dictionary<string, TensorData> { ["a"] = Floats(1) }));
        Assert.Equal([Target], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Read_CutAnywhere_ThrowsNamingTheFile()
    {
        SafetensorsFile.Write(Target, new Dictionary<string, TensorData> { ["a"] = Floats(3), ["b"] = new([1], [7L]) },
            new Dictionary<string, string> { ["k"] = "v" });
        byte[] whole = File.ReadAllBytes(Target);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Target, whole[..length]);
            var exception = Assert.Throws<InvalidDataException>(() => SafetensorsFile.Read(Target));
            Assert.StartsWith(Target, exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_AnyByteChanged_ReadsOrThrowsInvalidData()
    {
        SafetensorsFile.Write(Target, new Dictionary<string, TensorData> { ["a"] = Floats(3), ["b"] = new([1], [7L]) });
        byte[] whole = File.ReadAllBytes(Target);
        int files = 0;
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Sample((position, value) =>
        {
            byte[] changed = [.. whole];
            changed[position] = value;
            string path = _folder.File($"{Interlocked.Increment(ref files)}");
            File.WriteAllBytes(path, changed);
            try
            {
                Assert.NotEmpty(SafetensorsFile.Read(path).Tensors);
            }
            catch (InvalidDataException exception)
            {
                Assert.Contains(path, exception.Message);
            }
        }, iter: 500);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12,
        "'b' begins at 4, inside")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12,
        "after a hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 5, "need 4 bytes, 5 follow")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "need 8 bytes, 4 follow")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "needs 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "needs 4 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "lacks a dtype, a shape or two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "lacks a dtype, a shape or two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "too large")]
    [InlineData("""{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}""", 2, "dtype F16; F32, I64 and U8")]
    [InlineData("""{"a":1}""", 0, "lacks a dtype")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""",
        0, "uplicate")]
    [InlineData("""{"__metadata__":{"epoch":1}}""", 0, "metadata 'epoch' is not a string")]
    [InlineData("{\"\\ud800\":{}}", 0, "not Unicode")]
    [InlineData("[]", 0, "not a JSON object")]
    [InlineData("{} {}", 0, "not a complete safetensors file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}""", 4, "9 dimensions; at most 8")]
    public void Read_BadHeader_NamesFileAndFault(string header, int dataLength, string message)
    {
        byte[] bytes = new byte[8 + Encoding.UTF8.GetByteCount(header) + dataLength];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Encoding.UTF8.GetByteCount(header));
        Encoding.UTF8.GetBytes(header, bytes.AsSpan(8));
        File.WriteAllBytes(Target, bytes);
        var exception = Assert.Throws<InvalidDataException>(() => SafetensorsFile.Read(Target));
        Assert.StartsWith(Target, exception.Message, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_HugeHeaderLength_Throws()
    {
        byte[] bytes = new byte[64];
        bytes.AsSpan(0, 8).Fill(0xFF);
        File.WriteAllBytes(Target, bytes);
        Assert.Contains("header claims", Assert.Throws<InvalidDataException>(() => SafetensorsFile.Read(Target)).Message);
    }

    [Fact]
    [Trait("Category", "Golden")]
    public void Read_GoldenFile_HoldsItsTensors()
    {
        SafetensorsFile file = Golden.Read("network_cifar.safetensors");
        Assert.Equal("5", file.Metadata["layers"]);
        Assert.Equal([24L, 3, 3, 3], file.Tensors["weight.stem.0.weight"].Shape);
    }

    private static TensorData Floats(int count) => new([count], Enumerable.Range(1, count).Select(i => (float)i).ToArray());
}
