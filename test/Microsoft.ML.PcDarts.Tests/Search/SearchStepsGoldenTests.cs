using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class SearchStepsGoldenTests
{
    [Theory]
    [Trait("Category", "Golden")]
    [InlineData(nameof(CellForm.Kernels))]
    [InlineData(nameof(CellForm.Wide))]
    [InlineData(nameof(CellForm.PerEdge))]
    public void Step_FourFirstOrderSteps_GivesPaperArchitectureWeightsAndLosses(string form)
    {
        using DisposeScope scope = NewDisposeScope();
        SafetensorsFile file = Golden.Read("search_first_order.safetensors");
        int Number(string key) => int.Parse(file.Metadata[key], CultureInfo.InvariantCulture);
        var shape = new SupernetShape { InitialChannels = Number("C"), Layers = Number("layers"), Classes = 10, Stem = NetworkStem.Cifar };
        using var supernet = new Supernet(shape, CPU) { Form = Enum.Parse<CellForm>(form) };
        ModuleWeights.Import(supernet, Networks.Below(file, "weight"));
        supernet.train();
        using ArchitectureParameters architecture = Networks.Architecture(file, new CellTopology(shape.Nodes));
        using var architect = new Architect(supernet, architecture, learningRate: 6e-4);
        using var weights = new WeightStepper(supernet, architecture, learningRate: 0.1, momentum: 0.9, weightDecay: 3e-4, clipNorm: 5);
        Tensor trainImages = Networks.ToTensor(file.Tensors["train_input"]), trainLabels = Networks.ToTensor(file.Tensors["train_target"]);
        Tensor architectureImages = Networks.ToTensor(file.Tensors["arch_input"]), architectureLabels = Networks.ToTensor(file.Tensors["arch_target"]);

        for (int step = 0; step < Number("steps"); step++)
        {
            architect.Step(architectureImages[step], architectureLabels[step]);
            if (step == 0)
            {
                AssertArchitecture(file, "first_arch_grad", Networks.GradientTolerance, tensor => tensor.grad!, architecture);
            }

            Tensor logits = weights.Step(trainImages[step], trainLabels[step]);
            float loss = nn.functional.cross_entropy(logits, trainLabels[step]).item<float>();
            float expected = file.Tensors["train_losses"].Floats[step];
            Assert.True(Math.Abs(loss - expected) <= Networks.OutputTolerance * Math.Abs(expected), $"Loss of step {step}: {loss}, expected {expected}.");
        }

        AssertArchitecture(file, "final_arch", Networks.GradientTolerance, tensor => tensor, architecture);
        IReadOnlyDictionary<string, TensorData> final = ModuleWeights.Export(supernet);
        foreach (string name in (string[])["stem.0.weight", "classifier.weight", "classifier.bias"])
        {
            double error = Golden.RelativeError(final[name].Floats, file.Tensors["final." + name].Floats);
            Assert.True(error <= Networks.GradientTolerance, $"{name} after the last step is off by {error}.");
        }

        Assert.Equal(Genotype.FromPython(file.Metadata["genotype"]), architecture.Decode());
    }

    private static void AssertArchitecture(
        SafetensorsFile file, string prefix, double tolerance, Func<Tensor, Tensor> value, ArchitectureParameters architecture)
    {
        Networks.AssertClose(value(architecture.AlphaNormal), file.Tensors[prefix + ".alphas_normal"], tolerance, prefix + " α normal");
        Networks.AssertClose(value(architecture.AlphaReduce), file.Tensors[prefix + ".alphas_reduce"], tolerance, prefix + " α reduce");
        Networks.AssertClose(value(architecture.BetaNormal), file.Tensors[prefix + ".betas_normal"], tolerance, prefix + " β normal");
        Networks.AssertClose(value(architecture.BetaReduce), file.Tensors[prefix + ".betas_reduce"], tolerance, prefix + " β reduce");
    }
}
