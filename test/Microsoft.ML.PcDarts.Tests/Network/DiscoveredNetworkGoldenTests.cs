using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests;

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
        Tensor images = Networks.ToTensor(file.Tensors["input"]);
        NetworkShape shape = new()
        {
            InitialChannels = Number("C"), Layers = Number("layers"), Classes = Number("classes"), Stem = stem, AuxiliaryHead = true,
            ImageHeight = (int)images.size(2), ImageWidth = (int)images.size(3),
        };
        using DiscoveredNetwork network = new(Genotype.FromPython(file.Metadata["genotype"]), shape, CPU);
        network.ImportWeights(Networks.Below(file, "weight"));
        network.to(dtype);
        images = images.to(dtype);
        network.train();

        (Tensor map, Tensor? auxiliary) = network.Features(images);
        // The paper's ImageNet head rectifies its input in place; in this file's 3 cells that input is also the classifier's.
        Tensor logits = network.Classify(stem == NetworkStem.ImageNet ? nn.functional.relu(map) : map);
        Tensor target = Networks.ToTensor(file.Tensors["target"]);
        Tensor loss = nn.functional.cross_entropy(logits, target) + 0.4 * nn.functional.cross_entropy(auxiliary!, target);
        loss.backward();

        Networks.AssertClose(logits, file.Tensors["logits"], Networks.OutputTolerance, "logits");
        Networks.AssertClose(auxiliary, file.Tensors["auxiliary_logits"], Networks.OutputTolerance, "auxiliary logits");
        Networks.AssertClose(loss, file.Tensors["loss"], Networks.OutputTolerance, "loss");
        Networks.AssertGradients(network, file);

        network.eval();
        (Tensor evaluated, Tensor? none) = network.Forward(images);
        Assert.Null(none);
        Networks.AssertClose(evaluated, file.Tensors["logits_eval_mode"], Networks.OutputTolerance, "evaluation logits");
    }
}
