using System.Buffers.Binary;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.PcDarts.Networks.Supernets;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Networks.Supernets;

/// <content>Files that lack weights, are damaged, or are of something else.</content>
public sealed partial class SupernetWeightsTests
{
    [Theory]
    [InlineData("cells.1._ops.3._ops.4.op.2.weight", null, "lack 'cells.1._ops.3._ops.4.op.2.weight'")]
    [InlineData("cells.1._ops.3._ops.4.op.2.weight", 7, "'cells.1._ops.3._ops.4.op.2.weight' is Float32 [7]; the network needs Float32 [")]
    [InlineData("cells.1._ops.9._ops.4.op.2.weight", 7, "no weight 'cells.1._ops.9._ops.4.op.2.weight'")]
    [InlineData("classifier.weight", null, "no 'classifier.weight'")]
    [InlineData("cells.0._ops.5._ops.4.op.2.weight", 7, "cell 0 has 6 edges; a cell of 1, 2, 3, 4 and so on nodes has 2, 5, 9, 14")]
    [InlineData("cells.0.preprocess1.op.1.weight", 5000, "2500 channels and 2 cells; 1 to 1024 channels")]
    [InlineData("cells.0.preprocess1.op.1.weight", 10, "InitialChannels 5 must be divisible by PartialChannels 2")]
    [InlineData("betas_reduce", null, "it has 'alphas_normal' and no 'betas_reduce'")]
    [InlineData("alphas_reduce", 7, "'alphas_reduce' is [7]; [5, 8] is needed")]
    public void Check_WeightMissingOrStrange_IsNamed(string name, int? size, string message)
    {
        Dictionary<string, TensorData> tensors = Tensors(Small);
        tensors.Remove(name);
        if (size is { } count)
            tensors.Add(name, new TensorData([count], new float[count]));

        string told = Assert.Throws<InvalidDataException>(() => new SupernetWeights("my.pth", tensors).Check(classes: 3)).Message;

        Assert.Contains(message, told, StringComparison.Ordinal);
        Assert.StartsWith("'my.pth' cannot be read as the supernet", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AlphaOfOtherCells_SaysBothCounts()
    {
        Dictionary<string, TensorData> tensors = Tensors(Small);
        foreach ((string name, TensorData values) in Tensors(Small with { Nodes = 3 })
            .Where(entry => ArchitectureValues.Names.Contains(entry.Key)))
            tensors[name] = values;

        Assert.Contains("α and β have 9 edges, its cells 5",
            Assert.Throws<InvalidDataException>(() => new SupernetWeights("file", tensors)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ValueNotFinite_NamesFileAndTensor()
    {
        Dictionary<string, TensorData> tensors = Tensors(Small);
        tensors["cells.1._ops.3._ops.4.op.2.weight"].Floats[0] = float.NegativeInfinity;

        string told = Assert.Throws<InvalidDataException>(() => new SupernetWeights("my.pth", tensors)).Message;

        Assert.StartsWith("'my.pth' cannot be read as the supernet", told, StringComparison.Ordinal);
        Assert.Contains("its 'cells.1._ops.3._ops.4.op.2.weight' holds -Infinity at [0, 0, 0, 0]", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NamesOfALargeSupernetWithFewValues_AreRefusedBeforeItIsBuilt()
    {
        // 100 cells of 8 nodes and 1,024 channels would be some 100 GB.
        Dictionary<string, TensorData> tensors = Enumerable.Range(0, 100).Select(cell => $"cells.{cell}.x")
            .Concat(Enumerable.Range(0, 44).Select(edge => $"cells.0._ops.{edge}._ops.4.op.1.weight"))
            .Append("classifier.weight").ToDictionary(name => name, _ => new TensorData([1, 1], new float[1]));
        tensors["cells.0.preprocess1.op.1.weight"] = new TensorData([1024, 1], new float[1024]);
        tensors["cells.0._ops.0._ops.4.op.1.weight"] = tensors["stem.0.weight"] = new TensorData([1024, 1], new float[1024]);

        string told = Assert.Throws<InvalidDataException>(() => new SupernetWeights("my.pth", tensors)).Message;

        Assert.Contains("a supernet of 1024 channels (C), K 1, 100 cells of 8 nodes", told, StringComparison.Ordinal);
        Assert.Contains("the file has 3216", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TrainedNetwork_IsRefusedAndTheOtherWayRound()
    {
        using var network = new DiscoveredNetwork(KnownGenotypes.PcDartsCifar,
            new NetworkShape { InitialChannels = 4, Layers = 2, Classes = 3 }, CPU);
        string trained = _folder.File("weights.safetensors"), searched = _folder.File("supernet.safetensors");
        SafetensorsFile.Write(trained, network.ExportWeights());
        SafetensorsFile.Write(searched, Tensors(Small));

        Assert.Contains("none of its edges has several operations",
            Assert.Throws<InvalidDataException>(() => SupernetWeights.Read(trained)).Message, StringComparison.Ordinal);
        Assert.Contains("it holds the supernet of a search",
            Assert.Throws<InvalidDataException>(() => new MLContext().Model.LoadPcDartsWeights(searched)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Read_DamagedHeader_IsRefusedOrTheSame()
    {
        const int Rounds = 300;
        string file = _folder.File("supernet.safetensors");
        SupernetWeights whole = new(file, Tensors(Small with { Layers = 1, Nodes = 1 }));
        whole.Write(file);
        byte[] bytes = File.ReadAllBytes(file);
        int header = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes), refused = 0;
        var random = new Random(1);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] damaged = round % 3 == 0 ? bytes[..random.Next(bytes.Length)] : [.. bytes];
            if (round % 3 != 0)
                damaged[random.Next(header)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(file, damaged);
            try
            {
                SupernetWeights read = SupernetWeights.Read(file);
                read.Check(classes: 3);
                Assert.Equal(whole.Sha256, read.Sha256);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, Rounds / 2, Rounds);
    }
}
