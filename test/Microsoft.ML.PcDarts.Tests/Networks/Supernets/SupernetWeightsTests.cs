using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.PyBridge;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Networks.Supernets;

/// <summary>
/// Supernets in files: this library's safetensors, and zips as PyTorch writes them (made by TorchSharp.PyBridge, which is not the reader
/// under test).
/// </summary>
public sealed partial class SupernetWeightsTests : IDisposable
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
    public void CopyTo_PapersSupernetInAFile_GivesItsLogits(string name, string extension, int layers, int partialChannels,
        NetworkStem stem)
    {
        using DisposeScope scope = NewDisposeScope();
        SafetensorsFile golden = Golden.Read(name + ".safetensors");
        string file = _folder.File("supernet." + extension);
        if (extension == "pth")
            SaveAsPyTorch(golden, file);
        else
            new SupernetWeights(file, NetworkComparison.Below(golden, "weight").Concat(NetworkComparison.Below(golden, "arch"))
                .ToDictionary()).Write(file);

        SupernetWeights weights = SupernetWeights.Read(file);
        using Supernet supernet = new(weights.Shape, CPU);
        using ArchitectureParameters architecture = new(new CellTopology(weights.Shape.Nodes), CPU, seed: 1);
        weights.CopyTo(supernet);
        weights.CopyTo(architecture);

        Assert.Equal(new SupernetShape
        {
            InitialChannels = 8, Layers = layers, Classes = 10, Stem = stem,
            PartialChannels = partialChannels
        }, weights.Shape);
        NetworkComparison.AssertClose(supernet.Forward(NetworkComparison.ToTensor(golden.Tensors["input"]), architecture),
            golden.Tensors["logits"], NetworkComparison.OutputTolerance, "logits");
        Assert.Equal(Genotype.FromPython(golden.Metadata["genotype"]), ArchitectureValues.Load(file).Decode());
    }

    [Fact]
    [Trait("Category", "Golden")]
    public void Write_NamesAndShapes_AreThoseOfThePapersCode()
    {
        SafetensorsFile golden = Golden.Read("supernet_cifar.safetensors");
        string file = _folder.File("supernet.safetensors");
        new SupernetWeights(file, Tensors(Small with { InitialChannels = 8, Layers = 5, Classes = 10, Nodes = 4, PartialChannels = 4 }))
            .Write(file);

        SafetensorsFile written = SafetensorsFile.Read(file);
        Assert.Equal(
            NetworkComparison.Below(golden, "weight").Where(entry => !entry.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal))
                .Concat(NetworkComparison.Below(golden, "arch")).Select(Described).Order(StringComparer.Ordinal),
            written.Tensors.Select(Described).Order(StringComparer.Ordinal));
        Assert.Contains("\"initialChannels\":8,\"layers\":5,\"classes\":10,\"stem\":\"Cifar\",\"nodes\":4,\"partialChannels\":4",
            written.Metadata["pcdarts.supernet"], StringComparison.Ordinal);

        static string Described(KeyValuePair<string, TensorData> entry)
            => $"{entry.Key} {entry.Value.DType} {string.Join('×', entry.Value.Shape)}";
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(3, 6, 8, 3)]
    [InlineData(8, 4, 3, 2)]
    public void Read_AnyShape_IsReadOffTheWeights(int layers, int channels, int nodes, int partialChannels)
    {
        SupernetShape shape = Small with
        {
            Layers = layers,
            InitialChannels = channels,
            Nodes = nodes,
            PartialChannels = partialChannels,
            StemMultiplier = 2
        };

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
