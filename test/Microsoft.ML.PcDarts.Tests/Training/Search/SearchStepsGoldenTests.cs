using System.Globalization;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Tests.Networks.Supernets;
using Microsoft.ML.PcDarts.Torch;
using Microsoft.ML.PcDarts.Training.Search;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Training.Search;

public sealed class SearchStepsGoldenTests
{
    private const string Seed1 = "search_first_order.safetensors", OtherSeed = "other-seed/search_first_order.safetensors",
        SeedOfSeed1 = "1007";

    /// <remarks>
    /// The other seed is compared in float64. In its first step of the weights one value before a rectifier (edge 5 of cell 1, first half
    /// of sep_conv_3x3) is 0 to within rounding: float32 falls on one side of it or the other by the order of its sums, which differs
    /// between forms and machines, and so does float64 once the pictures change by 1e-5 of themselves. Four steps make 0.7 % of α out of
    /// that. <see cref="Step_EachOfFour_GivesExactGradientsInAllForms"/> holds float32 in all forms to the same gradients.
    /// </remarks>
    [SkippableTheory]
    [Trait("Category", "Golden")]
    [InlineData(Seed1, nameof(CellForm.Kernels), ScalarType.Float32)]
    [InlineData(Seed1, nameof(CellForm.Wide), ScalarType.Float32)]
    [InlineData(Seed1, nameof(CellForm.Wide), ScalarType.Float64)]
    [InlineData(Seed1, nameof(CellForm.PerEdge), ScalarType.Float32)]
    [InlineData(Seed1, nameof(CellForm.PerEdge), ScalarType.Float64)]
    [InlineData(OtherSeed, nameof(CellForm.Wide), ScalarType.Float64)]
    [InlineData(OtherSeed, nameof(CellForm.PerEdge), ScalarType.Float64)]
    public void Step_FourFirstOrderSteps_GivesPaperArchitectureWeightsAndLosses(string name, string form, ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        SafetensorsFile file = Read(name);
        Skip.If(type == ScalarType.Float32 && file.Metadata["seed"] != SeedOfSeed1,
            "Other values may lead past a rectifier at 0; Step_EachOfFour_GivesExactGradientsInAllForms compares float32 with them.");
        using var steps = new Steps(file, form, type);
        for (int step = 0; step < steps.Count; step++)
        {
            steps.StepArchitecture(step);
            if (step == 0)
                AssertArchitecture(file, "first_arch_grad", tensor => tensor.grad!, steps.Architecture);
            Tensor logits = steps.StepWeights(step);
            float loss = nn.functional.cross_entropy(logits, steps.TrainLabels[step]).to(ScalarType.Float32).item<float>();
            float expected = file.Tensors["train_losses"].Floats[step];
            Assert.True(Math.Abs(loss - expected) <= NetworkComparison.OutputTolerance * Math.Abs(expected),
                $"Loss of step {step}: {loss}, expected {expected}.");
        }

        AssertArchitecture(file, "final_arch", tensor => tensor, steps.Architecture);
        Dictionary<string, TorchSharp.Modules.Parameter> final = steps.Supernet.named_parameters().ToDictionary();
        foreach (string weights in (string[])["stem.0.weight", "classifier.weight", "classifier.bias"])
            NetworkComparison.AssertClose(final[weights], file.Tensors["final." + weights], NetworkComparison.GradientTolerance,
                $"{weights} after the last step");
        Assert.Equal(Genotype.FromPython(file.Metadata["genotype"]), steps.Architecture.Decode());
    }

    /// <remarks>
    /// Each step starts from the same state: that of the per-edge form in float64, which the test above holds to the paper's values. So a
    /// difference of one step does not count in the next, and none is hidden by Adam, which makes a step of nearly the same length of a
    /// gradient of any size.
    /// </remarks>
    [SkippableTheory]
    [Trait("Category", "Golden")]
    [InlineData(Seed1)]
    [InlineData(OtherSeed)]
    public void Step_EachOfFour_GivesExactGradientsInAllForms(string name)
    {
        const int Draws = 3;
        using DisposeScope scope = NewDisposeScope();
        SafetensorsFile file = Read(name);
        using var paper = new Steps(file, nameof(CellForm.PerEdge), ScalarType.Float64);
        for (int step = 0; step < paper.Count; step++)
        {
            Compare($"Architecture step {step}", paper.ArchitectureImages[step], paper.ArchitectureLabels[step]);
            paper.StepArchitecture(step);
            Compare($"Weight step {step}", paper.TrainImages[step], paper.TrainLabels[step]);
            paper.StepWeights(step);
        }

        void Compare(string step, Tensor images, Tensor labels)
        {
            SupernetPass exact = Gradients(CellForm.PerEdge, ScalarType.Float64, images, labels);
            Gradients(CellForm.Wide, ScalarType.Float64, images, labels)
                .AssertClose(exact, NetworkComparison.OutputTolerance, NetworkComparison.GradientTolerance);
            foreach (CellForm form in (CellForm[])[CellForm.Kernels, CellForm.Wide, CellForm.PerEdge])
            {
                // A value before a rectifier that is 0 to within rounding may fall on its other side. Pictures that differ a little from
                // the step's own do not all meet one.
                double error = Error(exact, form, images, labels);
                for (int draw = 1; draw <= Draws && !(error <= 1); draw++)
                {
                    using var generator = new Generator((ulong)draw);
                    Tensor near = images + 1e-4f * randn(images.shape, generator: generator);
                    error = Error(Gradients(CellForm.PerEdge, ScalarType.Float64, near, labels), form, near, labels);
                }

                Assert.True(error <= 1, $"{step}, {form}: {error:g3} times as far from the exact values as allowed.");
            }
        }

        // The largest of all differences, in units of what is allowed: for logits, each of α and β, and all weights together, of which one
        // rectifier changes a tenth of a small tensor.
        double Error(SupernetPass exact, CellForm form, Tensor images, Tensor labels)
        {
            SupernetPass actual = Gradients(form, ScalarType.Float32, images, labels);
            string[] weights = [.. exact.Gradients.Keys.Where(key => !IsArchitecture(key)).Order()];
            IEnumerable<double> gradients = exact.Gradients.Keys.Where(IsArchitecture)
                .Select(key => Golden.RelativeError(actual.Gradients[key], exact.Gradients[key]))
                .Append(Golden.RelativeError(All(actual), All(exact)));
            return Math.Max(Golden.RelativeError(actual.Logits, exact.Logits) / NetworkComparison.OutputTolerance,
                gradients.Max() / NetworkComparison.GradientTolerance);

            float[] All(SupernetPass pass) => [.. weights.SelectMany(key => pass.Gradients[key])];
        }

        SupernetPass Gradients(CellForm form, ScalarType type, Tensor images, Tensor labels)
        {
            using DisposeScope inner = NewDisposeScope();
            using var supernet = new Supernet(paper.Supernet.Shape, CPU, type) { Form = form };
            ModuleWeights.Import(supernet, ModuleWeights.Export(paper.Supernet));
            supernet.train();
            using var architecture = new ArchitectureParameters(paper.Architecture.Topology, CPU, seed: 0);
            architecture.Import(paper.Architecture.Export().ToDictionary());
            return SupernetPass.Run(supernet, architecture, images.to(type), labels);
        }

        static bool IsArchitecture(string key) => key.StartsWith("architecture", StringComparison.Ordinal);
    }

    private static SafetensorsFile Read(string name)
    {
        Skip.If(name == OtherSeed && Environment.GetEnvironmentVariable(Golden.Variable) is not (null or "")
            && !File.Exists(Path.Combine(Golden.Folder, name)),
            $"The folder that {Golden.Variable} names has no values of another seed.");
        return Golden.Read(name);
    }

    private static void AssertArchitecture(SafetensorsFile file, string prefix, Func<Tensor, Tensor> value,
        ArchitectureParameters architecture)
    {
        foreach ((string name, Tensor tensor) in ((string[])["alphas_normal", "alphas_reduce", "betas_normal",
            "betas_reduce"]).Zip(architecture.Tensors))
            NetworkComparison.AssertClose(value(tensor), file.Tensors[$"{prefix}.{name}"], NetworkComparison.GradientTolerance,
                $"{prefix} {name}");
    }

    /// <summary>The alternating steps that a golden file recorded.</summary>
    private sealed class Steps : IDisposable
    {
        private readonly ScalarType _type;
        private readonly Architect _architect;
        private readonly WeightStepper _weights;

        public Steps(SafetensorsFile file, string form, ScalarType type)
        {
            int Number(string key) => int.Parse(file.Metadata[key], CultureInfo.InvariantCulture);
            var shape = new SupernetShape
            {
                InitialChannels = Number("C"),
                Layers = Number("layers"),
                Classes = 10,
                Stem = NetworkStem.Cifar,
            };
            (_type, Count) = (type, Number("steps"));
            Supernet = new Supernet(shape, CPU, type) { Form = Enum.Parse<CellForm>(form) };
            ModuleWeights.Import(Supernet, NetworkComparison.Below(file, "weight"));
            Supernet.train();
            Architecture = NetworkComparison.Architecture(file, new CellTopology(shape.Nodes));
            _architect = new Architect(Supernet, Architecture, learningRate: 6e-4);
            _weights = new WeightStepper(Supernet, Architecture, learningRate: 0.1, momentum: 0.9, weightDecay: 3e-4, clipNorm: 5);
            (TrainImages, TrainLabels) = (NetworkComparison.ToTensor(file.Tensors["train_input"]),
                NetworkComparison.ToTensor(file.Tensors["train_target"]));
            (ArchitectureImages, ArchitectureLabels) = (NetworkComparison.ToTensor(file.Tensors["arch_input"]),
                NetworkComparison.ToTensor(file.Tensors["arch_target"]));
        }

        public int Count { get; }

        public Supernet Supernet { get; }

        public ArchitectureParameters Architecture { get; }

        public Tensor TrainImages { get; }

        public Tensor TrainLabels { get; }

        public Tensor ArchitectureImages { get; }

        public Tensor ArchitectureLabels { get; }

        public void StepArchitecture(int step) => _architect.Step(ArchitectureImages[step].to(_type), ArchitectureLabels[step]);

        public Tensor StepWeights(int step) => _weights.Step(TrainImages[step].to(_type), TrainLabels[step]);

        public void Dispose()
        {
            _weights.Dispose();
            _architect.Dispose();
            Architecture.Dispose();
            Supernet.Dispose();
        }
    }
}
