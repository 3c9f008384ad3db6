using System.Buffers.Binary;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.PyBridge;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Networks.Supernets;

/// <summary>Supernets in files: this library's safetensors, and zips as PyTorch writes them (made by TorchSharp.PyBridge, which is not the reader under test).</summary>
public sealed class SupernetWeightsTests : IDisposable
{
    private static readonly SupernetShape Small = new() { InitialChannels = 4, Layers = 2, Classes = 3, Nodes = 2, PartialChannels = 2 };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [Trait("Category", "Golden")]
    [InlineData("supernet_cifar", "pth", 5, 4, NetworkStem.Cifar)]
    [InlineData("supernet_cifar", "safetensors", 5, 4, NetworkStem.Cifar)]
    [InlineData("supernet_imagenet", "pth", 3, 2, NetworkStem.ImageNet)]
    [InlineData("supernet_imagenet", "safetensors", 3, 2, NetworkStem.ImageNet)]
    public void CopyTo_PapersSupernetInAFile_GivesItsLogits(string name, string extension, int layers, int partialChannels, NetworkStem stem)
    {
        using DisposeScope scope = NewDisposeScope();
        SafetensorsFile golden = Golden.Read(name + ".safetensors");
        string file = _folder.File("supernet." + extension);
        if (extension == "pth")
            SaveAsPyTorch(golden, file);
        else
            new SupernetWeights(file, NetworkComparison.Below(golden, "weight").Concat(NetworkComparison.Below(golden, "arch")).ToDictionary()).Write(file);

        SupernetWeights weights = SupernetWeights.Read(file);
        using Supernet supernet = new(weights.Shape, CPU);
        using ArchitectureParameters architecture = new(new CellTopology(weights.Shape.Nodes), CPU, seed: 1);
        weights.CopyTo(supernet);
        weights.CopyTo(architecture);

        Assert.Equal(new SupernetShape { InitialChannels = 8, Layers = layers, Classes = 10, Stem = stem, PartialChannels = partialChannels }, weights.Shape);
        NetworkComparison.AssertClose(supernet.Forward(NetworkComparison.ToTensor(golden.Tensors["input"]), architecture), golden.Tensors["logits"], NetworkComparison.OutputTolerance, "logits");
        Assert.Equal(Genotype.FromPython(golden.Metadata["genotype"]), ArchitectureValues.Load(file).Decode());
    }

    [Fact]
    [Trait("Category", "Golden")]
    public void Write_NamesAndShapes_AreThoseOfThePapersCode()
    {
        SafetensorsFile golden = Golden.Read("supernet_cifar.safetensors");
        string file = _folder.File("supernet.safetensors");
        new SupernetWeights(file, Tensors(Small with { InitialChannels = 8, Layers = 5, Classes = 10, Nodes = 4, PartialChannels = 4 })).Write(file);

        SafetensorsFile written = SafetensorsFile.Read(file);
        Assert.Equal(
            NetworkComparison.Below(golden, "weight").Where(entry => !entry.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal)).Concat(NetworkComparison.Below(golden, "arch")).Select(Described).Order(StringComparer.Ordinal),
            written.Tensors.Select(Described).Order(StringComparer.Ordinal));
        Assert.Contains("\"initialChannels\":8,\"layers\":5,\"classes\":10,\"stem\":\"Cifar\",\"nodes\":4,\"partialChannels\":4", written.Metadata["pcdarts.supernet"], StringComparison.Ordinal);

        static string Described(KeyValuePair<string, TensorData> entry) => $"{entry.Key} {entry.Value.DType} {string.Join('×', entry.Value.Shape)}";
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(3, 6, 8, 3)]
    [InlineData(8, 4, 3, 2)]
    public void Read_AnyShape_IsReadOffTheWeights(int layers, int channels, int nodes, int partialChannels)
    {
        SupernetShape shape = Small with { Layers = layers, InitialChannels = channels, Nodes = nodes, PartialChannels = partialChannels, StemMultiplier = 2 };

        SupernetWeights weights = new("file", Tensors(shape));

        Assert.Equal(shape, weights.Shape);
        weights.Check(classes: 5);
    }

    [Fact]
    public void CopyTo_OtherClasses_LeavesTheClassifierAlone()
    {
        Dictionary<string, TensorData> tensors = Tensors(Small);
        using Supernet supernet = new(Small with { Classes = 5 }, CPU);
        float[] classifier = ModuleWeights.Export(supernet)["classifier.weight"].Floats;

        new SupernetWeights("file", tensors).CopyTo(supernet);

        IReadOnlyDictionary<string, TensorData> copied = ModuleWeights.Export(supernet);
        Assert.Equal(classifier, copied["classifier.weight"].Floats);
        Assert.Equal(tensors["stem.0.weight"].Floats, copied["stem.0.weight"].Floats);
    }

    [Fact]
    public void CopyTo_NoAlphaAndBeta_LeavesThemAlone()
    {
        Dictionary<string, TensorData> tensors = Tensors(Small);
        foreach (string name in ArchitectureValues.Names)
            tensors.Remove(name);
        using ArchitectureParameters architecture = new(new CellTopology(2), CPU, seed: 3);
        ArchitectureValues before = architecture.Values();
        SupernetWeights weights = new("file", tensors);

        weights.CopyTo(architecture);

        Assert.False(weights.HasArchitecture);
        Assert.Equal(before.AlphaNormal, architecture.Values().AlphaNormal);
    }

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
        foreach ((string name, TensorData values) in Tensors(Small with { Nodes = 3 }).Where(entry => ArchitectureValues.Names.Contains(entry.Key)))
            tensors[name] = values;

        Assert.Contains("α and β have 9 edges, its cells 5", Assert.Throws<InvalidDataException>(() => new SupernetWeights("file", tensors)).Message, StringComparison.Ordinal);
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
        Dictionary<string, TensorData> tensors = Enumerable.Range(0, 100).Select(cell => $"cells.{cell}.x").Concat(Enumerable.Range(0, 44).Select(edge => $"cells.0._ops.{edge}._ops.4.op.1.weight"))
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
        using var network = new DiscoveredNetwork(KnownGenotypes.PcDartsCifar, new NetworkShape { InitialChannels = 4, Layers = 2, Classes = 3 }, CPU);
        string trained = _folder.File("weights.safetensors"), searched = _folder.File("supernet.safetensors");
        SafetensorsFile.Write(trained, network.ExportWeights());
        SafetensorsFile.Write(searched, Tensors(Small));

        Assert.Contains("none of its edges has several operations", Assert.Throws<InvalidDataException>(() => SupernetWeights.Read(trained)).Message, StringComparison.Ordinal);
        Assert.Contains("it holds the supernet of a search", Assert.Throws<InvalidDataException>(() => new MLContext().Model.LoadPcDartsWeights(searched)).Message, StringComparison.Ordinal);
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

    private static void SaveAsPyTorch(SafetensorsFile golden, string file)
    {
        using Supernet supernet = SupernetGoldenTests.Create(golden, nameof(CellForm.Automatic), ScalarType.Float32);
        using ArchitectureParameters architecture = NetworkComparison.Architecture(golden, new CellTopology(supernet.Shape.Nodes));
        foreach ((string name, TorchSharp.Modules.Parameter values) in ArchitectureValues.Names.Zip(architecture.Tensors))
            supernet.register_parameter(name, values);
        supernet.save_py(file);
    }

    /// <summary>A random supernet, α and β under the names of the paper's code.</summary>
    private static Dictionary<string, TensorData> Tensors(SupernetShape shape)
    {
        manual_seed(2);
        using Supernet supernet = new(shape, CPU);
        using ArchitectureParameters architecture = new(new CellTopology(shape.Nodes), CPU, seed: 2);
        return ModuleWeights.Export(supernet).Concat(architecture.Export()).ToDictionary();
    }
}
