using System.IO.Compression;
using System.Text;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Models;
using TorchSharp.PyBridge;

namespace Microsoft.ML.PcDarts.Tests.Models;

/// <content>Files that are damaged, hostile or at odds with themselves.</content>
public sealed partial class WeightsFileTests
{
    [Theory]
    [InlineData("cos\nsystem\n(X\u0004\0\0\0trueR.", "os.system")]
    [InlineData("cbuiltins\neval\n(X\u0001\0\0\01R.", "builtins.eval")]
    [InlineData("\u0080\u0002]q\0.", "holds no dictionary")]
    [InlineData("\u0080\u0002}", "damaged at byte 3")]
    [InlineData("\u0080\u0002I1\n.", "instruction 0x49")]
    public void LoadPcDartsWeights_PickleOfSomethingElse_IsRefusedUnrun(string pickle, string message)
    {
        string file = _folder.File("weights.pth");
        using (ZipArchive zip = ZipFile.Open(file, ZipArchiveMode.Create))
        {
            using Stream entry = zip.CreateEntry("archive/data.pkl", CompressionLevel.NoCompression).Open();
            entry.Write(Encoding.Latin1.GetBytes(pickle));
        }

        string told = Fails<InvalidDataException>(file, Options(KnownGenotypes.PcDartsCifar));
        Assert.Contains(message, told, StringComparison.Ordinal);
        Assert.Contains(file, told, StringComparison.Ordinal);
    }

    [Fact]
    public void LoadPcDartsWeights_DamagedFile_IsRefusedOrTheSame()
    {
        const int Rounds = 500;
        using var network = Network(CifarShape with { InitialChannels = 2, Layers = 1, AuxiliaryHead = false });
        string file = _folder.File("weights.pth");
        network.save_py(file);
        byte[] whole = File.ReadAllBytes(file);
        string hash = WeightsHash.Sha256(network.ExportWeights());
        var random = new Random(1);
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] damaged = whole[..(round % 2 == 0 ? whole.Length : random.Next(whole.Length))];
            if (round % 2 == 0)
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(file, damaged);
            try
            {
                Assert.Equal(hash, WeightsHash.Sha256(WeightsFile.Read(file, Options(network.Genotype)).Weights));
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, Rounds / 2, Rounds);
    }

    [Theory]
    [InlineData("classifier.weight", "safetensors")]
    [InlineData("classifier.bias", "pth")]
    [InlineData("cells.0.preprocess0.op.1.weight", "safetensors")]
    [InlineData("cells.1.preprocess1.op.2.running_mean", "pth")]
    [InlineData("auxiliary_head.classifier.weight", "safetensors")]
    public void LoadPcDartsWeights_ValueNotFinite_NamesFileAndTensor(string name, string extension)
    {
        using var network = Network(CifarShape);
        Dictionary<string, TensorData> weights = network.ExportWeights().ToDictionary();
        weights[name].Floats[^1] = float.NaN;
        string file = Save(network, weights, extension);

        string told = Fails<InvalidDataException>(file, Options(network.Genotype));

        Assert.Contains($"'{file}'", told, StringComparison.Ordinal);
        Assert.Contains($"its '{name}' holds NaN at [{string.Join(", ", weights[name].Shape.Select(size => size - 1))}]", told,
            StringComparison.Ordinal);
        // The same file for fine-tuning.
        Assert.Equal(told, Assert.Throws<InvalidDataException>(() => NetworkWeights.Read(file)).Message);
    }

    [Fact]
    public void LoadPcDartsWeights_NegativeVariance_IsRefused()
    {
        using var network = Network(CifarShape);
        Dictionary<string, TensorData> weights = network.ExportWeights().ToDictionary();
        weights["stem.1.running_var"].Floats[2] = -1;

        Assert.Contains("its 'stem.1.running_var' holds -1 at [2]; a variance is 0 or more",
            Fails<InvalidDataException>(Save(network, weights, "safetensors"), Options(network.Genotype)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("classifier.weight", new long[] { 20_000_000, 0 }, "has no values")]
    [InlineData("classifier.weight", new long[] { 20_000_000 }, "is [20000000]; networks of the paper's code have [classes, features]")]
    [InlineData("classifier.weight", new long[] { 100_000, 1 }, "'classifier.bias' is [3]; networks of the paper's code have [100000]")]
    [InlineData("classifier.bias", new long[] { 4 }, "'classifier.bias' is [4]; networks of the paper's code have [3]")]
    [InlineData("stem.0.weight", new long[] { 3_000_000, 1, 1, 1 },
        "'stem.0.weight' is [3000000, 1, 1, 1]; networks of the paper's code have [3 C, 3, 3, 3]")]
    [InlineData("cells.2000000000.preprocess0.op.1.weight", new long[] { 1 }, "cells, and they are not numbered 0 to 4")]
    public void LoadPcDartsWeights_ShapesThatDoNotAgree_AreRefusedBeforeAnythingIsSizedByThem(string name, long[] shape, string message)
    {
        using var network = Network(CifarShape);
        Dictionary<string, TensorData> weights = network.ExportWeights().ToDictionary();
        weights[name] = new TensorData(shape, new float[shape.Aggregate(1L, (count, size) => count * size)]);
        string file = Save(network, weights, "safetensors");
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Contains(message, Fails<InvalidDataException>(file, Options(network.Genotype)), StringComparison.Ordinal);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000 + 4 * new FileInfo(file).Length);
    }

    [Fact]
    public void LoadPcDartsWeights_PicturesTooLarge_AreRefused()
    {
        using var network = Network(CifarShape);
        string file = Save(network, network.ExportWeights(), "safetensors");
        PcDartsWeightsOptions options = Options(network.Genotype);
        options.ImageWidth = 4097;

        Assert.Contains("ImageWidth 4097", Fails<ArgumentException>(file, options), StringComparison.Ordinal);
    }
}
