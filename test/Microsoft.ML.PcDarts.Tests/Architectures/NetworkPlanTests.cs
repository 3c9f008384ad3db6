using CsCheck;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Networks.Discovered;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Architectures;

public sealed class NetworkPlanTests
{
    private static readonly Genotype TwoNodes = new(
        [new(Primitive.SepConv3x3, 0), new(Primitive.SkipConnect, 1), new(Primitive.MaxPool3x3, 2), new(Primitive.DilConv5x5, 0)], [2, 3],
        [new(Primitive.SkipConnect, 1), new(Primitive.Conv7x1Then1x7, 0), new(Primitive.SepConv5x5, 2), new(Primitive.AvgPool3x3, 1)], [3]);

    private static readonly NetworkShape ThreeCells = new()
    {
        InitialChannels = 2, Layers = 3, Classes = 5, ImageHeight = 9, ImageWidth = 6,
    };

    public static TheoryData<string, NetworkStem, bool> Networks
    {
        get
        {
            TheoryData<string, NetworkStem, bool> data = [];
            foreach (string name in KnownGenotypes.All.Keys)
            {
                foreach (NetworkStem stem in Enum.GetValues<NetworkStem>())
                {
                    data.Add(name, stem, false);
                    data.Add(name, stem, true);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Weights_OfAKnownGenotype_AreThoseOfTheNetworkInItsOrder(string name, NetworkStem stem, bool auxiliaryHead) =>
        AssertIsBuilt(KnownGenotypes.All[name], new NetworkShape
        {
            InitialChannels = 4, Layers = 5, Classes = 3, Stem = stem, ImageHeight = 33, ImageWidth = 18, AuxiliaryHead = auxiliaryHead,
        });

    [Fact]
    public void Weights_OfAnyNetwork_AreThoseOfTheNetworkInItsOrder() => Gen.Select(
        GenotypeTests.AnyGenotype, Gen.Enum<NetworkStem>(), Gen.Int[1, 3], Gen.Int[1, 7], Gen.Int[1, 20], Gen.Int[1, 20], Gen.Bool).Sample(
        (genotype, stem, channels, layers, height, width, auxiliaryHead) => AssertIsBuilt(genotype, new NetworkShape
        {
            InitialChannels = stem == NetworkStem.ImageNet ? 2 * channels : channels, Layers = layers, Classes = 2, Stem = stem,
            ImageHeight = height, ImageWidth = width, AuxiliaryHead = auxiliaryHead,
        }), iter: 40, threads: 1);

    [Fact]
    public void Cells_OfASmallNetwork_HaveTheirMapsAndStrides()
    {
        NetworkPlan plan = NetworkPlan.Of(TwoNodes, ThreeCells);

        MapShape stem = new(6, 9, 6);
        Assert.Equal((stem, stem, 1), (plan.Stem.Output0, plan.Stem.Output1, plan.Stem.PictureStride));
        PlannedCell[] cells = [.. plan.Cells];
        Assert.Equal([new(0, false, false, 2), new(1, true, false, 4), new(2, true, true, 8)], cells.Select(cell => cell.Place));
        Assert.Equal([1, 2, 4], cells.Select(cell => cell.PictureStride));
        Assert.Equal([new(4, 9, 6), new(4, 5, 3), new(8, 3, 2)], cells.Select(cell => cell.Output));
        Assert.Equal(
            [
                new("cells.0.preprocess0", stem, 2, false), new("cells.1.preprocess0", stem, 4, false),
                new("cells.2.preprocess0", new(4, 9, 6), 8, Halves: true),
            ],
            cells.Select(cell => cell.Input0));
        Assert.Equal(
            [
                new("cells.0.preprocess1", stem, 2, false), new("cells.1.preprocess1", new(4, 9, 6), 4, false),
                new("cells.2.preprocess1", new(4, 5, 3), 8, false),
            ],
            cells.Select(cell => cell.Input1));
        Assert.All(cells[0].Edges, edge => Assert.Equal((1, new MapShape(2, 9, 6)), (edge.Stride, edge.Input)));
        Assert.Equal(
            [
                new("cells.1._ops.0", Primitive.SkipConnect, 1, 0, 2, new(4, 9, 6)),
                new("cells.1._ops.1", Primitive.Conv7x1Then1x7, 0, 0, 2, new(4, 9, 6)),
                new("cells.1._ops.2", Primitive.SepConv5x5, 2, 1, 1, new(4, 5, 3)),
                new("cells.1._ops.3", Primitive.AvgPool3x3, 1, 1, 2, new(4, 9, 6)),
            ],
            cells[1].Edges);
        Assert.All(cells[1].Edges, edge => Assert.Equal(new MapShape(4, 5, 3), edge.Output));
        Assert.Equal((8, 5), (plan.Classifier.Inputs, plan.Classifier.Outputs));
    }

    [Fact]
    public void Units_OfAnEdge_AreItsConvolutions()
    {
        NetworkPlan plan = NetworkPlan.Of(TwoNodes, ThreeCells);

        PlannedEdge[] normal = [.. plan.Cells.First().Edges], reduce = [.. plan.Cells.ElementAt(1).Edges];
        Assert.Equal([2, 0, 0, 1], normal.Select(edge => edge.Units.Count));
        PlannedConvolution dilated = normal[3].Units[0].First!;
        Assert.Equal((2, (4, 4), 2), (dilated.Dilation, dilated.Padding, dilated.Groups));
        Assert.Equal([1, 1, 2, 0], reduce.Select(edge => edge.Units.Count));
        Assert.Equal(
            [
                new("cells.1._ops.0.conv_1", 4, new(2, 5, 3), (1, 1), (2, 2)),
                new("cells.1._ops.0.conv_2", 4, new(2, 5, 3), (1, 1), (2, 2)),
            ],
            reduce[0].Units[0].Convolutions);
        Assert.Equal(
            [new("cells.1._ops.1.1", 4, new(4, 9, 3), (1, 7), (1, 2)), new("cells.1._ops.1.2", 4, new(4, 5, 3), (7, 1), (2, 1))],
            reduce[1].Units[0].Convolutions);
    }

    [Fact]
    public void Cells_BehindTheImageNetStem_BeginAtAnEighth()
    {
        NetworkPlan plan = NetworkPlan.Of(TwoNodes, new NetworkShape
        {
            InitialChannels = 4, Layers = 4, Classes = 2, Stem = NetworkStem.ImageNet, ImageHeight = 45, ImageWidth = 33,
        });

        Assert.Equal(((4, 12, 9), (4, 6, 5)), (Sizes(plan.Stem.Output0), Sizes(plan.Stem.Output1)));
        Assert.Equal([8, 16, 32, 32], plan.Cells.Select(cell => cell.PictureStride));
        Assert.Equal([true, false, true, true], plan.Cells.Select(cell => cell.Input0.Halves));

        static (int, int, int) Sizes(MapShape map) => (map.Channels, map.Height, map.Width);
    }

    [Fact]
    public void Check_OfManyCells_FailsAtTheFirstMissingWeight()
    {
        NetworkPlan plan = NetworkPlan.Of(TwoNodes, new NetworkShape { InitialChannels = 1, Layers = 100_000, Classes = 1 });
        var error = Assert.Throws<ArgumentException>(() => plan.Check(new Dictionary<string, TensorData>()));
        Assert.Contains("lack 'stem.0.weight'", error.Message);
    }

    [Theory]
    [InlineData("cells.1.preprocess1.op.2.running_mean")]
    [InlineData("classifier.bias")]
    public void Check_WeightOfAnotherShapeOrType_NamesIt(string name)
    {
        NetworkPlan plan = NetworkPlan.Of(TwoNodes, new NetworkShape { InitialChannels = 2, Layers = 2, Classes = 5 });
        Dictionary<string, TensorData> weights = plan.Weights.ToDictionary(
            weight => weight.Name, weight => new TensorData(weight.Shape, new float[weight.Count]));
        plan.Check(weights);
        long size = weights[name].Count;
        weights[name] = new TensorData([size + 1], new float[size + 1]);
        Assert.Contains($"'{name}' has shape [{size + 1}]; this genotype and shape need [{size}]", Message());
        weights[name] = new TensorData([size], new long[size]);
        Assert.Contains($"'{name}' is Int64", Message());
        weights.Remove(name);
        Assert.Contains($"lack '{name}'", Message());

        string Message() => Assert.Throws<ArgumentException>(() => plan.Check(weights)).Message;
    }

    private static void AssertIsBuilt(Genotype genotype, NetworkShape shape)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        NetworkPlan plan = NetworkPlan.Of(genotype, shape);
        using DiscoveredNetwork network = new(genotype, shape, CPU);

        Assert.Equal(
            network.state_dict().Where(entry => !entry.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal))
                .Select(entry => $"{entry.Key} [{string.Join(", ", entry.Value.shape)}]"),
            plan.Weights.Select(weight => $"{weight.Name} [{string.Join(", ", weight.Shape)}]"));
        NetworkSize size = NetworkSize.Of(genotype, shape);
        Assert.Equal(network.parameters().Sum(parameter => parameter.numel()), size.Parameters + size.AuxiliaryParameters);
        network.eval();
        MapShape output = plan.Cells.Last().Output;
        Assert.Equal(
            [1L, output.Channels, output.Height, output.Width],
            network.Features(zeros(1, 3, shape.ImageHeight, shape.ImageWidth)).Map.shape);
    }
}
