using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Torch;
using Microsoft.ML.PcDarts.Training.Search;
using TorchSharp;
using static Microsoft.ML.PcDarts.Tests.ColorPictures;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class SearchGuardTests
{
    private const int Skip = 3, Operations = 8;
    private static readonly CellTopology Paper = new(4);

    [Theory]
    [InlineData(null, 8)]
    [InlineData(8, 8)]
    [InlineData(5, 5)]
    [InlineData(2, 2)]
    [InlineData(0, 0)]
    public void Decode_SkipsBeyondTheLimit_GiveWayWeakestFirst(int? limit, int expected)
    {
        Genotype genotype = GenotypeDecoder.Decode(Paper, SkipsOf(Paper), SkipsOf(Paper), new float[14], new float[14], limit);
        Assert.Equal(expected, genotype.Normal.Count(edge => edge.Operation == Primitive.SkipConnect));
        Assert.Equal(8, genotype.Reduce.Count(edge => edge.Operation == Primitive.SkipConnect)); // the limit is the normal cell's
        if (limit == 2)
            // softmax(β) is highest where a node has few inputs
            Assert.Equal([1, 0], genotype.Normal.Where(edge => edge.Operation == Primitive.SkipConnect).Select(edge => edge.Input));
    }

    [Fact]
    public void Entropy_UniformAndDecided_AreTheExtremes()
    {
        ArchitectureValues uniform = new(new float[14 * 8], new float[14 * 8], new float[14], new float[14]);
        Assert.Equal(Math.Log(8), ArchitectureEntropy.OfAlpha(uniform), 12);
        Assert.Equal(1, ArchitectureEntropy.OfBeta(uniform, Paper), 12);

        float[] alpha = new float[14 * 8], beta = new float[14];
        for (int edge = 0; edge < 14; edge++)
            alpha[edge * 8 + edge % 8] = 100;
        for (int node = 0; node < 4; node++)
            beta[Paper.EdgeOffset(node) + node] = 100;
        ArchitectureValues decided = new(alpha, alpha, beta, beta);
        Assert.Equal(0, ArchitectureEntropy.OfAlpha(decided), 12);
        Assert.Equal(0, ArchitectureEntropy.OfBeta(decided, Paper), 12);
    }

    [Fact]
    public void DominantEigenvalue_SmallSupernet_EqualsThatOfTheWholeHessian()
    {
        using DisposeScope scope = NewDisposeScope();
        random.manual_seed(1);
        CellTopology topology = new(1);
        using var supernet = new Supernet(new SupernetShape
        {
            InitialChannels = 4, Layers = 2, Classes = 3, Nodes = 1,
            PartialChannels = 2
        }, CPU);
        using var architecture = new ArchitectureParameters(topology, CPU, seed: 1);
        Tensor images = randn(16, 3, 8, 8), labels = randint(0, 3, 16, ScalarType.Int64);
        IReadOnlyDictionary<string, TensorData> weights = ModuleWeights.Export(supernet);
        ArchitectureValues values = architecture.Values();

        double measured = HessianEigenvalue.Measure(supernet, architecture, images, labels);

        Assert.Equal(WeightsHash.Sha256(weights), WeightsHash.Sha256(ModuleWeights.Export(supernet)));
        Assert.Equal(values.AlphaNormal, architecture.Values().AlphaNormal);
        Assert.Equal(values.AlphaReduce, architecture.Values().AlphaReduce);
        double expected = LargestEigenvalue(Hessian(supernet, architecture, images, labels));
        Assert.True(Math.Abs(expected) > 1e-3, $"the eigenvalue {expected} is too small to compare");
        Assert.True(Math.Abs(Math.Abs(measured / expected) - 1) < 0.1, $"measured {measured}, expected {expected}");
    }

    [Fact]
    public void Fit_EigenvalueDiagnostic_ChangesNoResult()
    {
        TrainingHistory plain = Run(_ => { }), measured = Run(options => options.EigenvalueDiagnostic = true);
        Assert.Equal(plain.WeightsSha256, measured.WeightsSha256);
        EpochMetrics[] epochs = [.. measured.Epochs.Where(epoch => epoch.Phase == TrainingPhase.Search)];
        Assert.Null(epochs[0].Diagnostics!.DominantEigenvalue); // warm-up
        Assert.True(double.IsFinite(epochs[^1].Diagnostics!.DominantEigenvalue!.Value));
        Assert.InRange(epochs[^1].Diagnostics!.AlphaEntropy, 1, Math.Log(8));
        Assert.Null(measured.Epochs[^1].Diagnostics);
    }

    [Fact]
    public void Fit_GenotypeDoesNotChange_StopsTheSearch()
    {
        TrainingHistory history = Run(
            options => (options.SearchEpochs, options.SearchPatience, options.ArchitectureLearningRate) = (30, 2, 1e-12));
        EpochMetrics[] epochs = [.. history.Epochs.Where(epoch => epoch.Phase == TrainingPhase.Search)];
        Assert.Equal(4, epochs.Length); // one of warm-up, one to begin with, two without a change
    }

    [Fact]
    public void Fit_BalancedClasses_RareClassScoresHigher()
    {
        double Rare(ClassWeighting weighting)
        {
            MLContext ml = new(seed: 3);
            PcDartsTrainer.Options options = Quick();
            (options.ClassWeighting, options.Epochs) = (weighting, 2);
            IDataView view = Source(ml, 60, keep: (index, strongest) => strongest != 2 || index % 5 == 0);
            IDataView keyed = ml.Transforms.Conversion.MapValueToKey("Label").Fit(view).Transform(view);
            PcDartsTransformer model = Fit(ml, options, keyed);
            int rare = model.ClassNames.ToList().IndexOf("blue");
            IDataView scored = model.Transform(Views(ml, 60, out _));
            return ml.Data.CreateEnumerable<ScoredRow>(scored, reuseRowObject: false).Average(row => row.Score[rare]);
        }

        Assert.True(Rare(ClassWeighting.Balanced) > Rare(ClassWeighting.None));
    }

    /// <summary>Skip connections that are the stronger the later their edge.</summary>
    private static float[] SkipsOf(CellTopology topology)
    {
        float[] alpha = new float[topology.EdgeCount * Operations];
        for (int edge = 0; edge < topology.EdgeCount; edge++)
            alpha[edge * Operations + Skip] = 1 + 0.1f * edge;
        return alpha;
    }

    private static double[,] Hessian(Supernet supernet, ArchitectureParameters architecture, Tensor images, Tensor labels)
    {
        const double distance = 0.02;
        TorchSharp.Modules.Parameter[] alphas = [architecture.AlphaNormal, architecture.AlphaReduce];
        int each = (int)alphas[0].NumberOfElements, size = 2 * each;
        double[,] hessian = new double[size, size];
        for (int column = 0; column < size; column++)
        {
            float[] ahead = Gradient(column, distance), behind = Gradient(column, -distance);
            for (int row = 0; row < size; row++)
                hessian[row, column] = (ahead[row] - behind[row]) / (2 * distance);
        }

        return hessian;

        float[] Gradient(int coordinate, double by)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor flat = alphas[coordinate / each].view(-1);
            using (no_grad())
                flat[coordinate % each].add_(by);
            foreach (TorchSharp.Modules.Parameter alpha in alphas)
                alpha.grad?.zero_();
            nn.functional.cross_entropy(supernet.Forward(images, architecture), labels).backward();
            float[] gradient = [.. alphas.SelectMany(alpha => (alpha.grad ?? zeros_like(alpha)).cpu().data<float>().ToArray())];
            using (no_grad())
                flat[coordinate % each].sub_(by);
            return gradient;
        }
    }

    private static double LargestEigenvalue(double[,] matrix)
    {
        int size = matrix.GetLength(0);
        double[] vector = [.. Enumerable.Range(0, size).Select(i => Math.Sin(i + 1))];
        double eigenvalue = 0;
        for (int iteration = 0; iteration < 2000; iteration++)
        {
            double norm = Math.Sqrt(vector.Sum(value => value * value));
            double[] unit = [.. vector.Select(value => value / norm)];
            vector = [.. Enumerable.Range(0, size)
                .Select(row => Enumerable.Range(0, size).Sum(column => matrix[row, column] * unit[column]))];
            eigenvalue = unit.Zip(vector, (left, right) => left * right).Sum();
        }

        return eigenvalue;
    }

    private static TrainingHistory Run(Action<PcDartsTrainer.Options> change)
    {
        MLContext ml = new(seed: 3);
        PcDartsTrainer.Options options = Quick();
        change(options);
        return Fit(ml, options, Views(ml, 30, out _)).History;
    }

    private sealed class ScoredRow
    {
        public float[] Score { get; set; } = [];
    }
}
