namespace PcDarts.Web.Tests;

/// <summary>The server as a program.</summary>
[Collection(ModelCollection.Name)]
public sealed class ProcessTests(ModelFixture models)
{
    [Fact]
    public void Output_HoldsNeitherLibTorchNorTheLibrary()
    {
        string[] files = [.. Directory.EnumerateFiles(Programs.WebFolder, "*", SearchOption.AllDirectories).Select(file => Path.GetFileName(file).ToLowerInvariant())];
        Assert.Contains("microsoft.ml.onnxtransformer.dll", files);
        Assert.DoesNotContain(files, file => file.Contains("torch", StringComparison.Ordinal) || file.StartsWith("microsoft.ml.pcdarts", StringComparison.Ordinal));
    }

    [Fact]
    public void Start_NoModelMissingOrBroken_SaysSoAndEndsWith1()
    {
        string broken = models.NewPath(".zip"), cut = models.NewPath(".zip");
        File.WriteAllText(broken, "no zip");
        byte[] whole = File.ReadAllBytes(models.First);
        File.WriteAllBytes(cut, whole[..(whole.Length / 2)]);

        AssertEnds(1, "No model is given; name one: --model", []);
        AssertEnds(1, "/nowhere/model.zip' does not exist", "--model", "/nowhere/model.zip");
        AssertEnds(1, "is not a complete PC-DARTS model: it is no zip", "--model", broken);
        AssertEnds(1, "is not a complete PC-DARTS model", "--model", cut);
    }

    [Fact]
    public void Start_BadOption_NamesIt()
    {
        AssertEnds(1, "Serving:MaxPixels is 0; allowed are 1 to 500000000", "--model", models.First, "--max-pixels", "0");
        AssertEnds(1, "Serving:MaxPixels", "--model", models.First, "--Serving:MaxPixels=many");
        AssertEnds(1, "choose an address with --urls", "--model", models.First, "--urls", "nowhere");
        AssertEnds(2, "'--modle' is not an option", "--modle", models.First);
        AssertEnds(2, "--max-batch", "--model", models.First, "--max-batch", "many");
    }

    private static void AssertEnds(int code, string message, params string[] arguments)
    {
        (int exitCode, string output, string errors) = Programs.Web(arguments);
        Assert.True(code == exitCode, $"{exitCode}: {output}{errors}");
        Assert.Contains(message, errors, StringComparison.Ordinal);
    }
}
