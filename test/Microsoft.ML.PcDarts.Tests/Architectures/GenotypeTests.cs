using CsCheck;

namespace Microsoft.ML.PcDarts.Tests.Architectures;

public sealed class GenotypeTests
{
    private static readonly GenotypeEdge[] OneNode = [new(Primitive.SepConv3x3, 0), new(Primitive.SkipConnect, 1)];

    internal static Gen<Genotype> AnyGenotype { get; } = Gen.Int[1,
        8].SelectMany(nodes => Gen.Select(Edges(nodes), Concat(nodes), Edges(nodes), Concat(nodes),
        (normal, normalConcat, reduce, reduceConcat) => new Genotype(normal, normalConcat, reduce, reduceConcat)));

    [Fact]
    public void Constructor_PublishedGenotypes_HaveTheirNodes()
    {
        Assert.Equal(6, KnownGenotypes.All.Count);
        Assert.Equal([5, 5, 4, 4, 4, 4], KnownGenotypes.All.Values.Select(genotype => genotype.Nodes));
        Assert.Same(KnownGenotypes.DartsV1, KnownGenotypes.All["darts_v1"]);
    }

    [Fact]
    public void AllReaders_MoreNodesThanAllowed_Refuse()
    {
        GenotypeEdge[] edges = [.. Enumerable.Repeat(OneNode[0], 2 * Genotype.MaximumNodes)], tooMany = [.. edges, .. OneNode];
        var largest = new Genotype(edges, [2], edges, [.. Enumerable.Range(2, Genotype.MaximumNodes)]);
        string[] readable = [largest.ToJson(), largest.ToPython()];
        Assert.Equal(largest, Genotype.FromJson(readable[0]));
        Assert.Equal(largest, Genotype.FromPython(readable[1]));

        AssertInvalid("normal has 130 edges, 2 for each node; at most 64 nodes", () => new Genotype(tooMany, [2], edges, [2]));
        AssertInvalid("reduce has 130 edges", () => new Genotype(edges, [2], tooMany, [2]));
        AssertInvalid("reduce has 130 edges",
            () => Genotype.FromJson(readable[0].Replace("\"reduce\":[", "\"reduce\":[[\"skip_connect\",0],[\"skip_connect\",0],",
                StringComparison.Ordinal)));
        AssertInvalid("reduce has 130 edges",
            () => Genotype.FromPython(readable[1].Replace("reduce=[", "reduce=[('skip_connect', 0), ('skip_connect', 0), ",
                StringComparison.Ordinal)));
        AssertInvalid("normal_concat names 65 states", () => new Genotype(edges, [.. Enumerable.Repeat(2, 65)], edges, [2]));
    }

    [Fact]
    public void AllReaders_TextTooLong_Refuse()
    {
        string space = new(' ', Genotype.MaximumText), path = Path.Combine(Path.GetTempPath(), $"pcdarts-{Guid.NewGuid():N}.txt");
        AssertInvalid("more than 1000000 characters", () => Genotype.FromJson(KnownGenotypes.DartsV1.ToJson() + space));
        AssertInvalid("more than 1000000 characters", () => Genotype.FromPython(KnownGenotypes.DartsV1.ToPython() + space));
        try
        {
            File.WriteAllText(path, KnownGenotypes.DartsV1.ToPython() + space[..900_000]);
            Assert.Equal(KnownGenotypes.DartsV1, Genotype.Load(path));
            File.WriteAllText(path, KnownGenotypes.DartsV1.ToPython() + space + space + space);
            AssertInvalid("more than 1000000 characters", () => Genotype.Load(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Constructor_SameInputTwice_IsAllowed() => Assert.Equal(1, new Genotype(
        [new(Primitive.AvgPool3x3, 0), new(Primitive.AvgPool3x3, 0)], [2], OneNode, [2]).Nodes);

    [Fact]
    public void Constructor_ListChangedLater_KeepsItsOwn()
    {
        GenotypeEdge[] edges = [.. OneNode];
        var genotype = new Genotype(edges, [2], OneNode, [2]);
        edges[0] = new(Primitive.MaxPool3x3, 0);
        Assert.Equal(OneNode, genotype.Normal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Constructor_EdgeCountNotTwoANode_Throws(int count) => AssertInvalid(
        $"normal has {count} edges", () => new Genotype(Enumerable.Repeat(OneNode[0], count).ToList(), [2], OneNode, [2]));

    [Theory]
    [InlineData(0, -1, "normal edge 0 ('sep_conv_3x3', -1) reads state -1; node 0 can read states 0 to 1")]
    [InlineData(1, 2, "normal edge 1 ('sep_conv_3x3', 2) reads state 2; node 0 can read states 0 to 1")]
    [InlineData(2, 3, "normal edge 2 ('sep_conv_3x3', 3) reads state 3; node 1 can read states 0 to 2")]
    public void Constructor_InputNotYetComputed_Throws(int edge, int input, string message)
    {
        GenotypeEdge[] edges = [.. OneNode, .. OneNode];
        edges[edge] = new(Primitive.SepConv3x3, input);
        AssertInvalid(message, () => new Genotype(edges, [2], [.. OneNode, .. OneNode], [2]));
    }

    [Theory]
    [InlineData(Primitive.None, "'none'")]
    [InlineData((Primitive)77, "'77'")]
    public void Constructor_OperationNotAllowed_Throws(Primitive operation, string value) => AssertInvalid(
        $"reduce edge 1 has operation {value}; allowed are max_pool_3x3",
        () => new Genotype(OneNode, [2], [OneNode[0], new(operation, 0)], [2]));

    [Theory]
    [InlineData(new int[0], "normal_concat is empty")]
    [InlineData(new[] { 1 }, "normal_concat names state 1; allowed are the nodes' states 2 to 2")]
    [InlineData(new[] { 3 }, "normal_concat names state 3; allowed are the nodes' states 2 to 2")]
    [InlineData(new[] { 2, 2 }, "normal_concat names state 2 twice")]
    public void Constructor_ConcatOutOfRange_Throws(int[] concat, string message) =>
        AssertInvalid(message, () => new Genotype(OneNode, concat, OneNode, [2]));

    [Fact]
    public void Constructor_CellsOfDifferentNodes_Throws() => AssertInvalid(
        "normal has 2 edges and reduce 4", () => new Genotype(OneNode, [2], [.. OneNode, .. OneNode], [2]));

    [Fact]
    public void Equals_SameContents_IsTrueAndHashesAlike() => AnyGenotype.Sample(genotype =>
    {
        var copy = new Genotype([.. genotype.Normal], [.. genotype.NormalConcat], [.. genotype.Reduce], [.. genotype.ReduceConcat]);
        Assert.True(genotype == copy);
        Assert.Equal(genotype.GetHashCode(), copy.GetHashCode());
        Assert.Equal(genotype.Sha256(), copy.Sha256());
    }, iter: 100);

    [Fact]
    public void Equals_AnyListDiffers_IsFalse()
    {
        var genotype = new Genotype([.. OneNode, .. OneNode], [2, 3], [.. OneNode, .. OneNode], [2, 3]);
        GenotypeEdge[] other = [OneNode[1], .. OneNode[1..], .. OneNode];
        Genotype[] different =
        [
            new(other, genotype.NormalConcat, genotype.Reduce, genotype.ReduceConcat),
            new(genotype.Normal, [3, 2], genotype.Reduce, genotype.ReduceConcat),
            new(genotype.Normal, genotype.NormalConcat, other, genotype.ReduceConcat),
            new(genotype.Normal, genotype.NormalConcat, genotype.Reduce, [2]),
        ];
        Assert.All(different, d => Assert.NotEqual(genotype, d));
        Assert.Equal(5, different.Append(genotype).Select(g => g.Sha256()).Distinct().Count());
    }

    [Fact]
    public void Sha256_OfPublished_StaysTheSame() => Assert.Equal(
        "2349ec4e514c93530bdf2dd5be857ed14d26e9799f8f3f0b1ea4f6694e713966", KnownGenotypes.PcDartsCifar.Sha256());

    [Fact]
    public void Load_EitherNotation_ReadsTheSame()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("a.json"), "\n " + KnownGenotypes.NasNet.ToJson() + "\n");
        File.WriteAllText(folder.File("b.py"), "# found\nBEST = " + KnownGenotypes.NasNet.ToPython() + "\n");
        Assert.Equal(KnownGenotypes.NasNet, Genotype.Load(folder.File("a.json")));
        Assert.Equal(KnownGenotypes.NasNet, Genotype.Load(folder.File("b.py")));
    }

    [Fact]
    public void Load_BrokenFile_NamesIt()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("broken.json"), "{\"normal\":");
        AssertInvalid(folder.File("broken.json"), () => Genotype.Load(folder.File("broken.json")));
    }

    internal static void AssertInvalid(string message, Func<Genotype> create) =>
        Assert.Contains(message, Assert.Throws<GenotypeFormatException>(create).Message, StringComparison.Ordinal);

    private static Gen<GenotypeEdge[]> Edges(int nodes) => Gen.Select(
        Gen.Int[1, 9].Array[2 * nodes], Gen.Int[0, 1_000_000].Array[2 * nodes],
        (operations, inputs) => operations.Select((o, i) => new GenotypeEdge((Primitive)o, inputs[i] % (i / 2 + 2))).ToArray());

    private static Gen<int[]> Concat(int nodes) =>
        Gen.Select(Gen.Shuffle(Enumerable.Range(2, nodes).ToArray()), Gen.Int[1, nodes], (states, count) => states[..count]);
}
