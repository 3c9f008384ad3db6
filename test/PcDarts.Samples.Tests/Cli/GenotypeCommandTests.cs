using System.Text.Json.Nodes;
using Microsoft.ML.PcDarts;

namespace PcDarts.Samples.Tests.Cli;

public sealed class GenotypeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Show_PublishedName_PrintsCellsAndThePapersSizes()
    {
        CliResult result = CliProcess.Run("genotype", "show", "pc_darts_CIFAR");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains(KnownGenotypes.PcDartsCifar.ToPython(), result.Output, StringComparison.Ordinal);
        Assert.Contains("sep_conv_3x3(c_{k-1}) + skip_connect(c_{k-2})", result.Output, StringComparison.Ordinal);
        Assert.Contains("3,634,678 parameters", result.Output, StringComparison.Ordinal);
        Assert.Contains("556,670,592 multiply-adds", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Show_Json_IsTheOnlyOutput()
    {
        CliResult result = CliProcess.Run("genotype", "show", "PC_DARTS_image", "--json");

        JsonObject json = Assert.IsType<JsonObject>(JsonNode.Parse(result.Output));
        Assert.Equal(KnownGenotypes.PcDartsImageNet, Genotype.FromJson(json["genotype"]!.ToJsonString()));
        Assert.Equal(KnownGenotypes.PcDartsImageNet.Sha256(), (string?)json["architectureSha256"]);
        Assert.Equal(571_000_000d, (double)json["sizes"]!["imageNet"]!["multiplyAdds"]!, 100_000_000d);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Show_File_ReadsBothNotations(bool json)
    {
        string file = _folder["cells.txt"];
        File.WriteAllText(file, json ? KnownGenotypes.DartsV2.ToJson() : "DARTS_V2 = " + KnownGenotypes.DartsV2.ToPython());

        CliResult result = CliProcess.Run("genotype", "show", file, "--json");

        Assert.Equal(KnownGenotypes.DartsV2.Sha256(), (string?)result.Json["architectureSha256"]);
    }

    [Fact]
    public void Show_DotAndSvg_WriteDrawings()
    {
        CliResult result = CliProcess.Run("genotype", "show", "NASNet", "--dot", _folder["cells.dot"], "--svg",
            _folder["new", "cells.svg"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("digraph", File.ReadAllText(_folder["cells.dot"]), StringComparison.Ordinal);
        Assert.Contains("<svg", File.ReadAllText(_folder["new", "cells.svg"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Show_UnknownName_ListsTheKnownOnes()
    {
        CliResult result = CliProcess.Run("genotype", "show", "ResNet");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("'ResNet' is neither a file nor a published genotype", result.Errors, StringComparison.Ordinal);
        Assert.Contains("PC_DARTS_cifar", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Show_UnknownOperation_NamesFileAndOperation()
    {
        File.WriteAllText(_folder["bad.json"],
            KnownGenotypes.DartsV1.ToJson().Replace("max_pool_3x3", "mega_pool", StringComparison.Ordinal));

        CliResult result = CliProcess.Run("genotype", "show", _folder["bad.json"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("bad.json", result.Errors, StringComparison.Ordinal);
        Assert.Contains("mega_pool", result.Errors, StringComparison.Ordinal);
        Assert.Single(result.Errors.TrimEnd().Split('\n'));
    }
}
