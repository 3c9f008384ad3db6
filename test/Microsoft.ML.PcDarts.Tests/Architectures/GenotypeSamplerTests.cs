using Microsoft.ML.PcDarts.Architectures;

namespace Microsoft.ML.PcDarts.Tests.Architectures;

public sealed class GenotypeSamplerTests
{
    private const int Operations = 8, Skip = 3, SepConv5 = 5;

    [Fact]
    public void Candidates_EvenWeights_AreTheDecodedOneAndOthers()
    {
        ArchitectureValues values = Even();
        Genotype decoded = values.Decode();
        IReadOnlyList<Genotype> candidates = GenotypeSampler.Candidates(values, decoded, 20, null, seed: 1);

        Assert.Equal(20, candidates.Count);
        Assert.Equal(decoded, candidates[0]);
        Assert.Equal(20, candidates.Distinct().Count());
        Assert.Equal(candidates, GenotypeSampler.Candidates(values, decoded, 20, null, seed: 1));
        Assert.NotEqual(candidates, GenotypeSampler.Candidates(values, decoded, 20, null, seed: 2));
    }

    [Fact]
    public void Candidates_DecidedWeights_AreTheDecodedOneAlone()
    {
        ArchitectureValues values = Even();
        float[] alpha = [.. values.AlphaNormal.Select((_, index) => index % Operations == SepConv5 ? 100f : 0)];
        float[] beta = [.. values.BetaNormal];
        for (int node = 0; node < 4; node++)
        {
            int offset = new CellTopology(4).EdgeOffset(node);
            (beta[offset], beta[offset + 1]) = (200, 100); // after the first is drawn, the second is certain
        }

        values = new ArchitectureValues(alpha, alpha, beta, beta);
        Genotype only = Assert.Single(GenotypeSampler.Candidates(values, values.Decode(), 5, null, seed: 1));
        Assert.All(only.Normal, edge => Assert.Equal(Primitive.SepConv5x5, edge.Operation));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Draw_LimitOfSkips_HoldsInTheNormalCell(int limit)
    {
        ArchitectureValues values = Even();
        float[] alpha = [.. values.AlphaNormal.Select((_, index) => index % Operations == Skip ? 3f : 0)];
        values = values with { AlphaNormal = alpha, AlphaReduce = alpha };
        var random = new Random(1);
        for (int draw = 0; draw < 50; draw++)
            Assert.InRange(GenotypeSampler.Draw(values, limit, random).Normal.Count(edge => edge.Operation == Primitive.SkipConnect), 0,
                limit);
    }

    [Fact]
    public void Draw_ManyTimes_FollowsAlphaAndBeta()
    {
        ArchitectureValues values = Even();
        // against six others and none: 7 of 13
        float[] alpha = [.. values.AlphaNormal.Select((_, index) => index % Operations == SepConv5 ? MathF.Log(7) : 0)];
        float[] beta = [.. values.BetaNormal];
        (beta[^5], beta[^1]) = (MathF.Log(2), MathF.Log(2)); // of the last node's five inputs
        values = new ArchitectureValues(alpha, values.AlphaReduce, beta, values.BetaReduce);
        var random = new Random(1);
        Genotype[] draws = [.. Enumerable.Range(0, 2000).Select(_ => GenotypeSampler.Draw(values, null, random))];

        Assert.InRange(draws.Average(genotype => genotype.Normal.Count(edge => edge.Operation == Primitive.SepConv5x5) / 8.0), 0.52, 0.56);
        Assert.InRange(draws.Average(genotype => genotype.Reduce.Count(edge => edge.Operation == Primitive.SepConv5x5) / 8.0), 0.13, 0.16);
        // The first input is drawn with 2/7; the second time without replacement.
        Assert.InRange(draws.Average(genotype => genotype.Normal[6].Input == 0 ? 1.0 : 0), 0.255, 0.315);
        Assert.All(draws, genotype => Assert.NotEqual(genotype.Normal[6].Input, genotype.Normal[7].Input));
    }

    private static ArchitectureValues Even() => new(new float[14 * Operations], new float[14 * Operations], new float[14], new float[14]);
}
