using Google.Protobuf;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Networks.Discovered;
using TorchSharp.PyBridge;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Models;

/// <summary>
/// Weights in files of their own: this library's safetensors, and zips as PyTorch writes them (made by TorchSharp.PyBridge, which is not
/// the reader under test).
/// </summary>
public sealed partial class WeightsFileTests : IDisposable
{
    private static readonly NetworkShape CifarShape = new()
    {
        InitialChannels = 4,
        Layers = 4,
        Classes = 3,
        ImageHeight = 16,
        ImageWidth = 16,
        AuxiliaryHead = true,
    };
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void SaveWeights_ThenLoad_GivesTheSameModel()
    {
        using var network = Network(CifarShape);
        DiscoveredModel model = ModelOf(network);
        using var trained = PcDartsTransformer.Create(MlNetAccess.EnvironmentOf(_ml.Data), model, TinyModel.Keyed(_ml).Schema,
            new ColumnNames("Label", "Image", "Score", "PredictedLabel"));
        string file = _folder.File("weights.safetensors");
        trained.SaveWeights(file);

        using PcDartsTransformer loaded = _ml.Model.LoadPcDartsWeights(file);

        Assert.Equal(model.Genotype, loaded.Genotype);
        Assert.Equal(model.Shape, loaded.Shape);
        Assert.Equal(model.ClassNames, loaded.ClassNames);
        Assert.Equal(model.Mean, loaded.Model.Mean);
        Assert.Equal(model.Std, loaded.Model.Std);
        Assert.Equal(model.History.WeightsSha256, loaded.History.WeightsSha256);
        Assert.Equal(2, loaded.History.Epochs.Count);
        Assert.Equal(trained.Model.Writer().Classifier(), loaded.Model.Writer().Classifier());
    }

    [Fact]
    public void LoadPcDartsWeights_Model_IsSavedAndScoresWithoutTheFile()
    {
        using var network = Network(CifarShape);
        string file = _folder.File("weights.safetensors"), zip = _folder.File("model.zip");
        WeightsFile.Write(file, ModelOf(network));
        IDataView pictures = TinyModel.Data(_ml);
        using (PcDartsTransformer model = _ml.Model.LoadPcDartsWeights(file))
            _ml.Model.Save(model, pictures.Schema, zip);
        File.Delete(file);

        IDataView scored = _ml.Model.Load(zip, out _).Transform(pictures);

        Assert.All(scored.GetColumn<float[]>("Score"), row => Assert.Equal(1, row.Sum(), 1e-4));
        Assert.Equal(["cat", "dog", "eel"], PcDartsModelInfo.Read(zip).ClassNames);
    }

    [Fact]
    [Trait("Category", "Golden")]
    public void SaveWeights_NamesAndShapes_AreThoseOfThePapersCode()
    {
        SafetensorsFile golden = Golden.Read("network_cifar.safetensors");
        using DiscoveredNetwork network = NetworkComparison.OfGolden(golden, 32);
        string file = _folder.File("weights.safetensors");
        WeightsFile.Write(file, ModelOf(network));

        Assert.Equal(
            NetworkComparison.Below(golden, "weight").Where(entry => !entry.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal))
                .Select(Described).Order(StringComparer.Ordinal),
            SafetensorsFile.Read(file).Tensors.Select(Described).Order(StringComparer.Ordinal));

        static string Described(KeyValuePair<string, TensorData> entry)
            => $"{entry.Key} {entry.Value.DType} {string.Join('×', entry.Value.Shape)}";
    }

    [Theory]
    [Trait("Category", "Golden")]
    [InlineData("network_cifar.safetensors", 32)]
    [InlineData("network_imagenet.safetensors", 224)]
    public void LoadPcDartsWeights_PapersNetworkAsPyTorchSavesIt_GivesItsLogits(string name, int side)
    {
        SafetensorsFile golden = Golden.Read(name);
        using DiscoveredNetwork network = NetworkComparison.OfGolden(golden, side);
        string file = _folder.File("weights.pth");
        network.save_py(file);

        using PcDartsTransformer model = _ml.Model.LoadPcDartsWeights(file, Options(network.Genotype));

        Assert.Equal(side, model.Shape.ImageWidth);
        Assert.Equal(network.Shape, model.Shape);
        Assert.InRange(Golden.RelativeError(Logits(model.Model, golden.Tensors["input"]),
            golden.Tensors["logits_eval_mode"].Floats), 0, 1e-4);
    }

    [Fact]
    public void LoadPcDartsWeights_WhatTheFileDoesNotSay_IsAskedFor()
    {
        using var network = Network(CifarShape);
        string file = _folder.File("weights.pth");
        network.save_py(file);

        Assert.Contains("PcDartsWeightsOptions.Genotype", Fails<ArgumentException>(file, null), StringComparison.Ordinal);
        Assert.Contains("PcDartsWeightsOptions.Mean", Fails<ArgumentException>(file, new() { Genotype = network.Genotype }),
            StringComparison.Ordinal);
        Assert.Contains("3 different names", Fails<ArgumentException>(file, Options(network.Genotype, "cat", "dog")),
            StringComparison.Ordinal);
        PcDartsWeightsOptions gray = Options(network.Genotype);
        gray.Mean = [0.5f];
        Assert.Contains("3 numbers each", Fails<ArgumentException>(file, gray), StringComparison.Ordinal);
    }

    [Fact]
    public void LoadPcDartsWeights_OtherArchitecture_NamesTheWeight()
    {
        using var network = Network(CifarShape);
        string file = _folder.File("weights.pth");
        network.save_py(file);

        Assert.Matches(@"cells\.\d+\._ops\.\d+\.", Fails<InvalidDataException>(file, Options(KnownGenotypes.DartsV2)));
        // Skips have no weights, so every weight that they need is there; the others give the genotype away.
        var skips = new Genotype([.. Enumerable.Repeat(new GenotypeEdge(Primitive.SkipConnect, 0), 8)], [2, 3, 4, 5],
            network.Genotype.Reduce, network.Genotype.ReduceConcat);
        Assert.Contains("belongs to another architecture", Fails<InvalidDataException>(file, Options(skips)), StringComparison.Ordinal);
    }

    private string Save(DiscoveredNetwork network, IReadOnlyDictionary<string, TensorData> weights, string extension)
    {
        string file = _folder.File("weights." + extension);
        if (extension == "safetensors")
        {
            SafetensorsFile.Write(file, weights);
        }
        else
        {
            network.ImportWeights(weights);
            network.save_py(file);
        }

        return file;
    }

    private string Fails<TError>(string file, PcDartsWeightsOptions? options)
        where TError : Exception => Assert.Throws<TError>(() => _ml.Model.LoadPcDartsWeights(file, options)).Message;

    private static PcDartsWeightsOptions Options(Genotype genotype, params string[] classes) => new()
    {
        Genotype = genotype, ClassNames = classes is [] ? null : classes, Mean = [0.5f, 0.5f, 0.5f],
        StandardDeviation = [0.25f, 0.25f, 0.25f],
    };

    private static DiscoveredNetwork Network(NetworkShape shape)
    {
        manual_seed(1);
        return new DiscoveredNetwork(KnownGenotypes.PcDartsCifar, shape, CPU);
    }

    private static DiscoveredModel ModelOf(DiscoveredNetwork network)
    {
        IReadOnlyDictionary<string, TensorData> weights = network.ExportWeights();
        TrainingHistory history = TinyModel.History(network.Genotype, network.Shape) with { WeightsSha256 = WeightsHash.Sha256(weights) };
        string[] classes = network.Shape.Classes == 3
            ? ["cat", "dog", "eel"]
            : [.. Enumerable.Range(0, network.Shape.Classes).Select(label => $"class {label}")];
        return new DiscoveredModel(network.Genotype, network.Shape, weights, [0.4f, 0.5f, 0.45f], [0.25f, 0.2f, 0.3f], classes, history);
    }

    private static float[] Logits(DiscoveredModel model, TensorData input)
    {
        byte[] classifier = new OnnxWriter(model.Genotype, model.Shape, model.Weights) { FloatInput = true }.Classifier().ToByteArray();
        using var session = new InferenceSession(classifier);
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run(
            [NamedOnnxValue.CreateFromTensor("image", new DenseTensor<float>(input.Floats, [.. input.Shape.Select(size => (int)size)]))],
            ["logits"]);
        return [.. outputs[0].AsEnumerable<float>()];
    }
}
