using System.Globalization;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Networks.Discovered;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Networks.Discovered;

public sealed class DiscoveredNetworkGoldenTests
{
    [Theory]
    [Trait("Category", "Golden")]
    [InlineData("network_cifar", NetworkStem.Cifar, ScalarType.Float32)]
    [InlineData("network_cifar", NetworkStem.Cifar, ScalarType.Float64)]
    [InlineData("network_imagenet", NetworkStem.ImageNet, ScalarType.Float32)]
    [InlineData("network_imagenet", NetworkStem.ImageNet, ScalarType.Float64)]
    public void Forward_PaperWeights_GivesPaperLogitsAndGradients(string name, NetworkStem stem, ScalarType dtype)
    {
        using DisposeScope scope = NewDisposeScope();
        SafetensorsFile file = Golden.Read(name + ".safetensors");
        int Number(string key) => int.Parse(file.Metadata[key], CultureInfo.InvariantCulture);
        Tensor images = NetworkComparison.ToTensor(file.Tensors["input"]);
        NetworkShape shape = new()
        {
            InitialChannels = Number("C"), Layers = Number("layers"), Classes = Number("classes"), Stem = stem, AuxiliaryHead = true,
            ImageHeight = (int)images.size(2), ImageWidth = (int)images.size(3),
        };
        using DiscoveredNetwork network = new(Genotype.FromPython(file.Metadata["genotype"]), shape, CPU);
        network.ImportWeights(NetworkComparison.Below(file, "weight"));
        network.to(dtype);
        images = images.to(dtype);
        network.train();

        (Tensor map, Tensor? auxiliary) = network.Features(images);
        // The paper's ImageNet head rectifies its input in place; in this file's 3 cells that input is also the classifier's.
        Tensor logits = network.Classify(stem == NetworkStem.ImageNet ? nn.functional.relu(map) : map);
        Tensor target = NetworkComparison.ToTensor(file.Tensors["target"]);
        Tensor loss = nn.functional.cross_entropy(logits, target) + 0.4 * nn.functional.cross_entropy(auxiliary!, target);
        loss.backward();

        NetworkComparison.AssertClose(logits, file.Tensors["logits"], NetworkComparison.OutputTolerance, "logits");
        NetworkComparison.AssertClose(auxiliary, file.Tensors["auxiliary_logits"], NetworkComparison.OutputTolerance, "auxiliary logits");
        NetworkComparison.AssertClose(loss, file.Tensors["loss"], NetworkComparison.OutputTolerance, "loss");
        NetworkComparison.AssertGradients(network, file);

        network.eval();
        (Tensor evaluated, Tensor? none) = network.Forward(images);
        Assert.Null(none);
        NetworkComparison.AssertClose(evaluated, file.Tensors["logits_eval_mode"], NetworkComparison.OutputTolerance, "evaluation logits");
    }
}
