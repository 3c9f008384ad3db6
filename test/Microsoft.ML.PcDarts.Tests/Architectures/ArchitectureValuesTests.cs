using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;

namespace Microsoft.ML.PcDarts.Tests.Architectures;

public sealed class ArchitectureValuesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("alphas.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Trait("Category", "Golden")]
    public void Load_AlphaAndBetaAlone_DecodeToThePapersGenotype()
    {
        SafetensorsFile golden = Golden.Read("supernet_cifar.safetensors");
        SafetensorsFile.Write(Path, NetworkComparison.Below(golden, "arch"));

        ArchitectureValues values = ArchitectureValues.Load(Path);

        Assert.Equal(golden.Tensors["arch.betas_reduce"].Floats, values.BetaReduce);
        Assert.Equal(Genotype.FromPython(golden.Metadata["genotype"]), values.Decode());
    }

    [Fact]
    public void Decode_MaximumSkipConnections_LimitsTheNormalCell()
    {
        ArchitectureValues skips = Values(nodes: 4, favourite: (int)Primitive.SkipConnect);

        Assert.Equal(8, skips.Decode().Normal.Count(edge => edge.Operation == Primitive.SkipConnect));
        Assert.Equal(2, skips.Decode(maximumSkipConnections: 2).Normal.Count(edge => edge.Operation == Primitive.SkipConnect));
        Assert.Throws<ArgumentOutOfRangeException>(() => skips.Decode(maximumSkipConnections: -1));
    }

    [Fact]
    public void Load_MoreNodesThanAllowed_IsRefused()
    {
        SafetensorsFile.Write(Path, Tensors(Genotype.MaximumNodes));
        Assert.Equal(Genotype.MaximumNodes, ArchitectureValues.Load(Path).Decode().Nodes);

        SafetensorsFile.Write(Path, Tensors(Genotype.MaximumNodes + 1));
        Assert.Contains("up to 64 nodes", Assert.Throws<InvalidDataException>(() => ArchitectureValues.Load(Path)).Message,
            StringComparison.Ordinal);
        Assert.Contains("up to 64 nodes", Assert.Throws<ArgumentException>(() => Values(nodes: 65, favourite: 4).Decode()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_OtherNodes_FollowFromTheEdges() => Assert.Equal(3, Values(nodes: 3, favourite: 4).Decode().Nodes);

    [Fact]
    public void Decode_WrongLengths_NameTheMember()
    {
        ArchitectureValues values = Values(nodes: 2, favourite: 4);

        Assert.Contains("BetaNormal has 4 values",
            Assert.Throws<ArgumentException>(() => (values with { BetaNormal = new float[4] }).Decode()).Message, StringComparison.Ordinal);
        Assert.Contains("alphaReduce has 39 values",
            Assert.Throws<ArgumentException>(() => (values with { AlphaReduce = new float[39] }).Decode()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileThatGivesNone_TellsWhatToDo()
    {
        SafetensorsFile.Write(Path, new Dictionary<string, TensorData> { ["classifier.weight"] = new([1], [1f]) });
        string told = Assert.Throws<InvalidDataException>(() => ArchitectureValues.Load(Path)).Message;
        Assert.Contains($"'{Path}' gives no α and β: it has none of alphas_normal, alphas_reduce, betas_normal, betas_reduce", told,
            StringComparison.Ordinal);
        Assert.Contains("'import' reads those", told, StringComparison.Ordinal);

        Dictionary<string, TensorData> diverged = Tensors(2);
        diverged["betas_normal"].Floats[1] = float.NaN;
        SafetensorsFile.Write(Path, diverged);
        Assert.Contains("'betas_normal' holds NaN at [1]", Assert.Throws<InvalidDataException>(() => ArchitectureValues.Load(Path)).Message,
            StringComparison.Ordinal);

        Dictionary<string, TensorData> strange = Tensors(2);
        strange["betas_normal"] = new TensorData([6], new float[6]);
        SafetensorsFile.Write(Path, strange);
        Assert.Contains("'betas_normal' has 6 values; a cell of 1, 2, 3, 4",
            Assert.Throws<InvalidDataException>(() => ArchitectureValues.Load(Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NamesOfADataParallelModel_AreReadBesideAlphaAndBeta()
    {
        Dictionary<string, TensorData> tensors = Tensors(2);
        tensors.Add("module.classifier.weight", new TensorData([1], [1f]));
        SafetensorsFile.Write(Path, tensors);

        Assert.Equal(["alphas_normal", "alphas_reduce", "betas_normal", "betas_reduce", "classifier.weight"],
            TensorFile.Read(Path, ArchitectureValues.Names).Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(5, ArchitectureValues.Load(Path).BetaNormal.Count);
    }

    private static Dictionary<string, TensorData> Tensors(int nodes)
    {
        int edges = new CellTopology(nodes).EdgeCount;
        return ArchitectureValues.Names.ToDictionary(name => name, name => name.StartsWith("alphas", StringComparison.Ordinal)
            ? new TensorData([edges, 8], new float[edges * 8])
            : new TensorData([edges], new float[edges]));
    }

    private static ArchitectureValues Values(int nodes, int favourite)
    {
        int edges = new CellTopology(nodes).EdgeCount;
        float[] alpha = [.. Enumerable.Range(0, edges * 8).Select(index => index % 8 == favourite ? 1f : 0)], beta = new float[edges];
        return new ArchitectureValues(alpha, alpha, beta, beta);
    }
}
