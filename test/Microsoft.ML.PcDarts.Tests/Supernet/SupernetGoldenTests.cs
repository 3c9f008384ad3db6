using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class SupernetGoldenTests
{
    [Theory]
    [Trait("Category", "Golden")]
    [InlineData("supernet_cifar", NetworkStem.Cifar, 4, nameof(CellForm.Kernels))]
    [InlineData("supernet_cifar", NetworkStem.Cifar, 4, nameof(CellForm.Wide))]
    [InlineData("supernet_cifar", NetworkStem.Cifar, 4, nameof(CellForm.PerEdge))]
    [InlineData("supernet_imagenet", NetworkStem.ImageNet, 2, nameof(CellForm.Kernels))]
    [InlineData("supernet_imagenet", NetworkStem.ImageNet, 2, nameof(CellForm.Wide))]
    [InlineData("supernet_imagenet", NetworkStem.ImageNet, 2, nameof(CellForm.PerEdge))]
    public void Forward_PaperWeights_GivesPaperLogitsAndGradients(string name, NetworkStem stem, int partialChannels, string form)
    {
        using DisposeScope scope = NewDisposeScope();
        SafetensorsFile file = Golden.Read(name + ".safetensors");
        int Number(string key) => int.Parse(file.Metadata[key], CultureInfo.InvariantCulture);
        SupernetShape shape = new()
        {
            InitialChannels = Number("C"), Layers = Number("layers"), Classes = Number("classes"), Stem = stem, PartialChannels = partialChannels,
        };
        using Supernet supernet = new(shape, CPU) { Form = Enum.Parse<CellForm>(form) };
        ModuleWeights.Import(supernet, Networks.Below(file, "weight"));
        using ArchitectureParameters architecture = Networks.Architecture(file, new CellTopology(shape.Nodes));
        Tensor images = Networks.ToTensor(file.Tensors["input"]);
        supernet.train();

        Tensor logits = supernet.Forward(images, architecture);
        Tensor loss = nn.functional.cross_entropy(logits, Networks.ToTensor(file.Tensors["target"]));
        loss.backward();

        Networks.AssertClose(logits, file.Tensors["logits"], Networks.OutputTolerance, "logits");
        Networks.AssertClose(loss, file.Tensors["loss"], Networks.OutputTolerance, "loss");
        Networks.AssertClose(architecture.AlphaNormal.grad, file.Tensors["arch_grad.alphas_normal"], Networks.GradientTolerance, "α normal");
        Networks.AssertClose(architecture.AlphaReduce.grad, file.Tensors["arch_grad.alphas_reduce"], Networks.GradientTolerance, "α reduce");
        Networks.AssertClose(architecture.BetaNormal.grad, file.Tensors["arch_grad.betas_normal"], Networks.GradientTolerance, "β normal");
        Networks.AssertClose(architecture.BetaReduce.grad, file.Tensors["arch_grad.betas_reduce"], Networks.GradientTolerance, "β reduce");
        Networks.AssertGradients(supernet, file);

        if (stem == NetworkStem.ImageNet)
            RepeatMixedOperations(supernet, images, architecture);
        supernet.eval();
        Networks.AssertClose(supernet.Forward(images, architecture), file.Tensors["logits_eval_mode"], Networks.OutputTolerance, "evaluation logits");
    }

    /// <summary>
    /// The paper's ImageNet cell evaluates every mixed operation twice, so the running statistics inside them have seen the batch twice
    /// when it computes the evaluation logits; those of the stem and the preprocessing have seen it once.
    /// </summary>
    private static void RepeatMixedOperations(Supernet supernet, Tensor images, ArchitectureParameters architecture)
    {
        foreach ((string key, nn.Module module) in supernet.named_modules())
        {
            if (module is TorchSharp.Modules.BatchNorm2d norm && !key.Contains("._ops.", StringComparison.Ordinal))
                norm.momentum = 0;
        }

        using IDisposable noGradient = no_grad();
        supernet.Forward(images, architecture);
    }
}
