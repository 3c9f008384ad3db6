using System.Text.Json;
using CsCheck;
using Microsoft.ML.PcDarts.Architectures;

namespace Microsoft.ML.PcDarts.Tests.Architectures;

public sealed class GenotypeDecoderTests
{
    private static readonly CellTopology Paper = new(4);

    [Fact]
    [Trait("Category", "Golden")]
    public void Decode_GoldenCases_EqualsReference()
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Golden.File("genotype_decoding.json")));
        Assert.Equal(64, golden.RootElement.GetArrayLength());
        foreach (JsonElement entry in golden.RootElement.EnumerateArray())
        {
            Genotype expected = Genotype.FromJson($$"""
                {"normal":{{entry.GetProperty("normal")}},"normal_concat":{{entry.GetProperty("normal_concat")}},
                "reduce":{{entry.GetProperty("reduce")}},"reduce_concat":{{entry.GetProperty("reduce_concat")}}}
                """);
            Genotype actual = GenotypeDecoder.Decode(Paper, Matrix(entry, "alphas_normal"), Matrix(entry, "alphas_reduce"),
                Vector(entry.GetProperty("betas_normal")), Vector(entry.GetProperty("betas_reduce")));
            Assert.Equal(expected, actual);
        }
    }

    [Fact]
    public void Decode_AllEqual_KeepsLowestInputsAndFirstOperation()
    {
        Genotype genotype = Decode(Paper, new float[14 * 8], new float[14]);
        Assert.All(genotype.Normal, edge => Assert.Equal(Primitive.MaxPool3x3, edge.Operation));
        Assert.Equal([0, 1, 0, 1, 0, 1, 0, 1], genotype.Normal.Select(edge => edge.Input));
        Assert.Equal([2, 3, 4, 5], genotype.NormalConcat);
    }

    [Fact]
    public void Decode_LargeNone_WeakensItsEdgeButIsNotChosen()
    {
        // Node 1 has edges 2 to 4; none takes nearly all of edge 3's weight.
        float[] alpha = new float[14 * 8];
        alpha[3 * 8] = 10;
        Genotype genotype = Decode(Paper, alpha, new float[14]);
        Assert.Equal([new(Primitive.MaxPool3x3, 0), new(Primitive.MaxPool3x3, 2)], genotype.Normal.Skip(2).Take(2));
    }

    [Fact]
    public void Decode_LargeBeta_PutsItsEdgeFirst()
    {
        float[] beta = new float[14];
        beta[13] = 3;
        Assert.Equal([4, 0], Decode(Paper, new float[14 * 8], beta).Normal.Skip(6).Select(edge => edge.Input));
    }

    [Fact]
    public void Decode_BetaOfAnotherNode_DoesNotMatter()
    {
        // β is normalized within a node: shifting all of a node's β by a constant changes nothing.
        float[] beta = new float[14];
        beta.AsSpan(2, 3).Fill(50);
        Assert.Equal(Decode(Paper, new float[14 * 8], new float[14]), Decode(Paper, new float[14 * 8], beta));
    }

    [Fact]
    public void Decode_AnyParameters_GivesTwoDistinctInputsAndNeverNone() =>
        Gen.Int[1, 7].SelectMany(nodes => Gen.Select(
            Gen.Const(nodes),
            Gen.Float[-300, 300].Array[nodes * (nodes + 3) / 2 * 8],
            Gen.Float[-300, 300].Array[nodes * (nodes + 3) / 2])).Sample((nodes, alpha, beta) =>
            {
                Genotype genotype = Decode(new CellTopology(nodes), alpha, beta);
                Assert.Equal(nodes, genotype.Nodes);
                Assert.Equal(Enumerable.Range(2, nodes), genotype.NormalConcat);
                Assert.DoesNotContain(genotype.Normal, edge => edge.Operation == Primitive.None);
                Assert.All(genotype.Normal.Chunk(2), pair => Assert.NotEqual(pair[0].Input, pair[1].Input));
                Assert.Equal(genotype.Normal, genotype.Reduce);
            }, iter: 200);

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Decode_NotFinite_ThrowsNamingTheParameter(float value)
    {
        float[] beta = new float[14];
        beta[5] = value;
        var exception = Assert.Throws<ArgumentException>(
            () => GenotypeDecoder.Decode(Paper, new float[112], new float[112], new float[14], beta));
        Assert.Contains("betaReduce[5]", exception.Message);
    }

    [Fact]
    public void Decode_WrongLength_ThrowsNamingBoth()
    {
        var exception = Assert.Throws<ArgumentException>(
            () => GenotypeDecoder.Decode(Paper, new float[111], new float[112], new float[14], new float[14]));
        Assert.Contains("alphaNormal has 111 values; the cell needs 112", exception.Message);
    }

    private static Genotype Decode(CellTopology topology, float[] alpha, float[] beta) =>
        GenotypeDecoder.Decode(topology, alpha, alpha, beta, beta);

    private static float[] Matrix(JsonElement entry, string name) => [.. entry.GetProperty(name).EnumerateArray().SelectMany(Vector)];

    private static float[] Vector(JsonElement values) => [.. values.EnumerateArray().Select(value => value.GetSingle())];
}
