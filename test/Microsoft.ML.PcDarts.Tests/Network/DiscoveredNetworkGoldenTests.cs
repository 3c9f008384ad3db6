using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class DiscoveredNetworkGoldenTests
{
    [Theory]
    [Trait("Category", "Golden")]
    [InlineData("network_cifar", NetworkStem.Cifar)]
    [InlineData("network_imagenet", NetworkStem.ImageNet)]
    public void Forward_PaperWeights_GivesPaperLogitsAndGradients(string name, NetworkStem stem)
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
        network.train();

        (Tensor logits, Tensor? auxiliary) = network.Forward(images);
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
