namespace Microsoft.ML.PcDarts.Tests;

public sealed class GoldenTests
{
    [Fact]
    public void FindFolder_Missing_NamesTheSetting() => Assert.Contains(
        "PCDARTS_GOLDEN is 'no/such/folder'", Assert.Throws<DirectoryNotFoundException>(() => Golden.FindFolder("no/such/folder")).Message);

    [Fact]
    public void FindFolder_RelativeToRepository_IsFound() => Assert.True(File.Exists(Path.Combine(
        Golden.FindFolder("test/Microsoft.ML.PcDarts.Tests/TestData/golden"), "network_sizes.json")));

    [Fact]
    public void File_Lacking_NamesIt() =>
        Assert.Contains("nothing.json", Assert.Throws<FileNotFoundException>(() => Golden.File("nothing.json")).Message);

    [Fact]
    public void RelativeError_OfVectors_IsNormOfDifferenceOverNorm()
    {
        Assert.Equal(0.2, Golden.RelativeError([3, 5], [3, 4]), 9);
        Assert.Equal(double.NaN, Golden.RelativeError([float.NaN], [1]));
    }
}
