using CsCheck;

namespace Microsoft.ML.PcDarts.Tests.Architectures;

public sealed class GenotypePythonTests
{
    private const string Valid = "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1)], normal_concat=range(2, 3), "
        + "reduce=[('max_pool_3x3', 0), ('dil_conv_5x5', 1)], reduce_concat=range(2, 3))";

    [Fact]
    public void ToPython_ThenFromPython_GivesTheSame() => GenotypeTests.AnyGenotype.Sample(genotype =>
        Assert.Equal(genotype, Genotype.FromPython(genotype.ToPython())), iter: 300);

    [Fact]
    public void ToPython_OfValid_IsWhatPythonPrints()
    {
        Assert.Equal(Valid, Genotype.FromPython(Valid).ToPython());
        Assert.Equal(Valid, Genotype.FromPython(Valid).ToString());
    }

    [Fact]
    public void ToPython_ConcatWithGaps_IsAList() => Assert.Contains("reduce_concat=[3, 4, 6]", KnownGenotypes.AmoebaNet.ToPython());

    [Fact]
    [Trait("Category", "Golden")]
    public void FromPython_GoldenMetadata_IsThePublishedGenotype()
    {
        Assert.Equal(KnownGenotypes.PcDartsCifar, Genotype.FromPython(Golden.Read("network_cifar.safetensors").Metadata["genotype"]));
        Assert.Equal(KnownGenotypes.PcDartsImageNet, Genotype.FromPython(Golden.Read("network_imagenet.safetensors").Metadata["genotype"]));
    }

    [Theory]
    [InlineData("range(2, 3)", "[2]")]
    [InlineData("range(2, 3)", "range( 2 ,3, )")]
    [InlineData("range(2, 3)", "[ 2, ]")]
    [InlineData("('skip_connect', 1)]", "(\"skip_connect\",1,),\n]")]
    [InlineData("Genotype(", "\r\n\tMY_BEST2=Genotype (\n\n # the best so far\n")]
    [InlineData("Genotype(", "genotypes.BEST = Genotype(")]
    [InlineData("reduce_concat=range(2, 3))", "reduce_concat=range(2, 3),\n)  # end")]
    public void FromPython_OtherLayout_GivesTheSame(string part, string replacement) =>
        Assert.Equal(Genotype.FromPython(Valid), Genotype.FromPython(Valid.Replace(part, replacement, StringComparison.Ordinal)));

    [Theory]
    [InlineData("sep_conv_3x3", "sep_conv_9x9", "Operation 'sep_conv_9x9' is unknown")]
    [InlineData("('skip_connect', 1)", "('skip_connect', 4)", "reads state 4")]
    [InlineData("('skip_connect', 1)", "('skip_connect')", "',' must stand here")]
    [InlineData("('skip_connect', 1)", "('skip_connect', one)", "a whole number must stand here")]
    [InlineData("('skip_connect', 1)", "(skip_connect, 1)", "an operation in quotes must stand here")]
    [InlineData("('skip_connect', 1)", "", "normal has 1 edges")]
    [InlineData("normal_concat=range(2, 3), ", "", "Member 'normal_concat' is missing")]
    [InlineData("normal_concat=range(2, 3), ", "note=1, ", "member 'note' is unknown; allowed are normal")]
    [InlineData("normal_concat=range(2, 3), ", "normal_concat=[2], normal_concat=[2], ", "member 'normal_concat' appears twice")]
    [InlineData("normal_concat=range(2, 3)", "normal_concat=range(2, 2000000000)", "names more states than")]
    [InlineData("normal_concat=range(2, 3)", "normal_concat=range(2, 9)", "normal_concat names state 3")]
    [InlineData("normal_concat=range(2, 3)", "normal_concat=range(3, 2)", "normal_concat is empty")]
    [InlineData("normal_concat=range(2, 3)", "normal_concat=tuple(2)", "must be range(first, end) or a list")]
    [InlineData("Genotype(", "Phenotype(", "'Phenotype' stands where 'Genotype(' must")]
    [InlineData("reduce_concat=range(2, 3))", "reduce_concat=range(2, 3)) + 1", "'+ 1' follows the genotype")]
    public void FromPython_BrokenRule_NamesIt(string part, string replacement, string message) =>
        GenotypeTests.AssertInvalid(message, () => Genotype.FromPython(Valid.Replace(part, replacement, StringComparison.Ordinal)));

    [Fact]
    public void FromPython_CutAnywhere_Throws()
    {
        for (int length = 0; length < Valid.Length; length++)
            Assert.Throws<GenotypeFormatException>(() => Genotype.FromPython(Valid[..length]));
    }

    [Fact]
    public void FromPython_AnyText_ThrowsNothingElse() => Gen.String["Genotype(normal=[]'#\",02 \nrange"].Sample(text =>
    {
        try
        {
            _ = Genotype.FromPython(text);
        }
        catch (GenotypeFormatException)
        {
            return;
        }
        Assert.Fail($"'{text}' is no genotype.");
    }, iter: 1000);
}
