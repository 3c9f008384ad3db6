using Microsoft.ML.PcDarts.Images;

namespace Microsoft.ML.PcDarts.Tests.Images;

public sealed class ClassWarningsTests
{
    [Fact]
    public void Of_BalancedClassesOfDifferentNames_SaysNothing()
        => Assert.Empty(ClassWarnings.Of([10, 12, 99], ["cat", "cats", "dog"], balanced: false));

    [Fact]
    public void Of_NamesThatDifferInCase_NamesThem()
    {
        string remark = Assert.Single(ClassWarnings.Of([5, 5, 5], ["Cat", "cat", "dog"], balanced: false));
        Assert.StartsWith("The classes 'Cat' (5 pictures) and 'cat' (5 pictures) differ in case or spaces only", remark,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("caf\u00E9", "cafe\u0301")]
    [InlineData("Vi\u1EC7t", "Vie\u0323\u0302t")]
    [InlineData("\u0439\u043E\u0434", "\u0418\u0306\u043E\u0434")]
    [InlineData("\uAC15\uC544\uC9C0", "\u1100\u1161\u11BC\u110B\u1161\u110C\u1175")]
    public void Of_NamesThatDifferInUnicodeForm_SaysSo(string composed, string decomposed)
        => Assert.Contains("Unicode form", Assert.Single(ClassWarnings.Of([5, 5], [composed, decomposed], balanced: false)),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("cafe", "cafe\u0301")]
    [InlineData("caf\u00E9s", "cafe\u0301")]
    [InlineData("\uAC15", "\uC544")]
    public void Of_NamesThatLookDifferent_SaysNothing(string one, string other)
        => Assert.Empty(ClassWarnings.Of([5, 5], [one, other], balanced: false));

    [Fact]
    public void Of_NameThatIsNoText_IsLeftAsItIs() => Assert.Empty(ClassWarnings.Of([5, 5], ["a\uD800", "b"], balanced: false));

    [Theory]
    [InlineData(99, 10, false)]
    [InlineData(100, 10, true)]
    [InlineData(600, 2, true)]
    public void Of_TenToOne_IsOutOfBalance(int many, int few, bool told)
    {
        string[] remarks = [.. ClassWarnings.Of([many, few, 0], ["many", "few", "none"], balanced: false)];
        Assert.Equal(told, remarks.Length == 1);
        if (told)
            Assert.Contains($"'few' {few}. Accuracy says little of such a class. Add pictures of it, "
                + "or set ClassWeighting to ClassWeighting.Balanced.", remarks[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_BalancedWeights_AreNotAdvisedAgain()
        => Assert.EndsWith("Add pictures of it.", Assert.Single(ClassWarnings.Of([600, 2], ["many", "few"], balanced: true)),
            StringComparison.Ordinal);
}
