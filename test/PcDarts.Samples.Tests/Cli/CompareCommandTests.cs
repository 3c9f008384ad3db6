using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace PcDarts.Samples.Tests.Cli;

public sealed class CompareCommandTests(FitFixture fixture) : IClassFixture<FitFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Compare_FinishedAndInterrupted_TellsResultsAndTheOptionsThatDiffer()
    {
        string other = CopyRun("other", "\"ValidationFraction\": \"0.1\"", "\"ValidationFraction\": \"0.3\"", "result.json");

        CliResult result = CliProcess.Run("compare", fixture.Out, other, "--svg", _folder["chart.svg"], "--json");

        Assert.True(result.ExitCode == 0, result.Errors);
        JsonArray runs = result.Json["runs"]!.AsArray();
        foreach (string key in (string[])["parameters", "multiplyAdds", "trainSeconds", "weightsSha256", "validationAccuracy"])
            Assert.Equal(fixture.Fit.Json[key]!.ToJsonString(), runs[0]![key]!.ToJsonString());
        Assert.Equal((double)fixture.Fit.Json["accuracy"]!, (double)runs[0]!["testAccuracy"]!, 0.001);
        Assert.Equal(["finished", "interrupted"], runs.Select(run => (string?)run!["state"]));
        Assert.Null(runs[1]!["parameters"]);
        Assert.Equal("""{"ValidationFraction":["0.1","0.3"]}""", result.Json["differences"]!.ToJsonString());
        Assert.True((bool)result.Json["sameData"]!);
        Assert.Contains("interrupted, training epoch 3/3", result.Errors, StringComparison.Ordinal);
        XElement chart = XElement.Load((string)result.Json["svg"]!);
        foreach (string text in (string[])["training cross-entropy (nats)", "validation accuracy (%)", "out", "other"])
            Assert.Contains(chart.Descendants(), element => element.Name.LocalName == "text" && element.Value == text);
    }

    // A run's own hash is over pixels at the run's size, so it differs where the files are the same.
    [Theory]
    [InlineData("same", true, null)]
    [InlineData("other", false, "The runs are of different pictures")]
    [InlineData("unknown", null, "of different pictures, or of the same ones at other sizes")]
    public void Compare_OtherPixels_TellsByTheFilesWhetherThePicturesAreTheSame(string files, bool? same, string? warning)
    {
        string pixels = (string)JsonNode.Parse(File.ReadAllText(Path.Combine(fixture.Out, "run.json")))!["data"]!["sha256"]!,
            otherPixels = new('0', pixels.Length);
        string other = CopyRun("other", pixels, otherPixels), path = Path.Combine(other, "data.json");
        JsonObject data = (JsonObject)JsonNode.Parse(File.ReadAllText(path))!;
        data["dataSha256"] = otherPixels;
        if (files == "other")
            data["filesSha256"] = otherPixels;
        File.WriteAllText(path, data.ToJsonString());
        if (files == "unknown")
            File.Delete(path);

        CliResult result = CliProcess.Run("compare", fixture.Out, other, "--json");

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Equal(same, (bool?)result.Json["sameData"]);
        if (warning is null)
            Assert.DoesNotContain("warning", result.Errors, StringComparison.Ordinal);
        else
            Assert.Contains(warning, result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_DamagedHashOfFiles_NamesTheFile()
    {
        string other = CopyRun("other", "\"seed\": 5", "\"seed\": 5");
        File.WriteAllText(Path.Combine(other, "data.json"), "{");

        CliResult result = CliProcess.Run("compare", other);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("data.json' is damaged", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_FolderWithoutRun_NamesIt()
    {
        CliResult result = CliProcess.Run("compare", fixture.Out, fixture.Train);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"There is no run in '{fixture.Train}'", result.Errors, StringComparison.Ordinal);
    }

    /// <summary>Copies the fixture's run, some files left out, and changes its description.</summary>
    private string CopyRun(string name, string from, string to, params string[] leftOut)
    {
        Directory.CreateDirectory(_folder[name]);
        foreach (string file in Directory.GetFiles(fixture.Out).Where(file => !leftOut.Contains(Path.GetFileName(file))))
            File.Copy(file, _folder[name, Path.GetFileName(file)]);
        string description = File.ReadAllText(_folder[name, "run.json"]);
        Assert.Contains(from, description, StringComparison.Ordinal);
        JsonObject members = JsonNode.Parse(description.Replace(from, to, StringComparison.Ordinal))!.AsObject();
        members.Remove("sha256");
        byte[] whole = Encoding.UTF8.GetBytes(
            members.ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        members["sha256"] = Convert.ToHexStringLower(SHA256.HashData(whole));
        File.WriteAllText(_folder[name, "run.json"], members.ToJsonString());
        return _folder[name];
    }
}
