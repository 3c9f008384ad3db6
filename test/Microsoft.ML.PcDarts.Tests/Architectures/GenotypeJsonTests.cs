using CsCheck;

namespace Microsoft.ML.PcDarts.Tests.Architectures;

public sealed class GenotypeJsonTests
{
    private const string Valid =
        """{"normal":[["sep_conv_3x3",0],["skip_connect",1]],"normal_concat":[2]"""
        + ""","reduce":[["max_pool_3x3",0],["dil_conv_5x5",1]],"reduce_concat":[2]}""";

    [Fact]
    public void ToJson_ThenFromJson_GivesTheSame() => GenotypeTests.AnyGenotype.Sample(genotype =>
        Assert.Equal(genotype, Genotype.FromJson(genotype.ToJson())), iter: 300);

    [Fact]
    public void ToJson_OfValid_IsTheDocumentedForm() => Assert.Equal(Valid, Genotype.FromJson(Valid).ToJson());

    [Fact]
    public void FromJson_OtherOrderAndSpaces_GivesTheSame() => Assert.Equal(Genotype.FromJson(Valid), Genotype.FromJson("""
        { "reduce_concat": [2], "reduce": [["max_pool_3x3", 0], ["dil_conv_5x5", 1]],
          "normal": [["sep_conv_3x3", 0], ["skip_connect", 1]], "normal_concat": [2] }
        """));

    [Theory]
    [InlineData("sep_conv_3x3", "sep_conv_9x9", "normal edge 0: Operation 'sep_conv_9x9' is unknown; allowed are max_pool_3x3")]
    [InlineData("[\"sep_conv_3x3\",0]", "[\"none\",0]", "normal edge 0 has operation 'none'")]
    [InlineData("[\"sep_conv_3x3\",0]", "[\"sep_conv_3x3\",2]", "reads state 2")]
    [InlineData("[\"sep_conv_3x3\",0]", "[\"sep_conv_3x3\",0.5]",
        "normal edge 0 is [\"sep_conv_3x3\",0.5]; it must be [\"operation\", input]")]
    [InlineData("[\"sep_conv_3x3\",0]", "[\"sep_conv_3x3\",99999999999]", "normal edge 0 is")]
    [InlineData("[\"sep_conv_3x3\",0]", "[\"sep_conv_3x3\",0,1]", "normal edge 0 is")]
    [InlineData("[\"sep_conv_3x3\",0]", "null", "normal edge 0 is null")]
    [InlineData("[\"sep_conv_3x3\",0],", "", "normal has 1 edges")]
    [InlineData("\"normal_concat\":[2]", "\"normal_concat\":[\"2\"]", "normal_concat holds \"2\"; allowed are whole numbers")]
    [InlineData("\"normal_concat\":[2]", "\"normal_concat\":2", "normal_concat is 2; it must be a list")]
    [InlineData("\"normal_concat\":[2]", "\"normal_concat\":[7]", "normal_concat names state 7")]
    [InlineData("\"normal_concat\":[2],", "", "Member \"normal_concat\" is missing; needed are normal, normal_concat")]
    [InlineData("\"normal_concat\":[2]", "\"normal_concat\":[2],\"note\":1",
        "Member \"note\" is unknown; allowed are normal, normal_concat")]
    [InlineData("\"normal_concat\":[2]", "\"normal_concat\":[2],\"normal_concat\":[2]", "Member \"normal_concat\" appears twice")]
    [InlineData("\"normal\"", "\"Normal\"", "Member \"Normal\" is unknown")]
    public void FromJson_BrokenRule_NamesIt(string part, string replacement, string message) =>
        GenotypeTests.AssertInvalid(message, () => Genotype.FromJson(Valid.Replace(part, replacement, StringComparison.Ordinal)));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData(Valid + "{}")]
    [InlineData(Valid + " x")]
    public void FromJson_NotOneJsonValue_Throws(string json) =>
        GenotypeTests.AssertInvalid("not one JSON value", () => Genotype.FromJson(json));

    [Fact]
    public void FromJson_NotAnObject_Throws() => GenotypeTests.AssertInvalid("must be a JSON object", () => Genotype.FromJson("[1]"));

    [Theory]
    [InlineData("\"normal\"", "\"\\ud800\"")]
    [InlineData("\"skip_connect\"", "\"\\ud800\"")]
    public void FromJson_LoneSurrogate_Throws(string part, string replacement) => GenotypeTests.AssertInvalid(
        "not Unicode", () => Genotype.FromJson(Valid.Replace(part, replacement, StringComparison.Ordinal)));

    [Fact]
    public void FromJson_UnescapedLoneSurrogate_Throws() => GenotypeTests.AssertInvalid(
        "not Unicode", () => Genotype.FromJson(Valid.Replace("skip_connect", ((char)0xD800).ToString(), StringComparison.Ordinal)));

    [Fact]
    public void FromJson_CutAnywhere_Throws()
    {
        for (int length = 0; length < Valid.Length; length++)
            Assert.Throws<GenotypeFormatException>(() => Genotype.FromJson(Valid[..length]));
    }
}
