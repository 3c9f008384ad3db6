using System.Diagnostics;
using System.Text.Json.Nodes;

namespace PcDarts.Web.Tests;

/// <summary>The server as a program.</summary>
[Collection(ModelCollection.Name)]
public sealed class ProcessTests(ModelFixture models)
{
    [Fact]
    public void Output_HoldsNeitherLibTorchNorTheLibrary()
    {
        string[] files = [.. Directory.EnumerateFiles(Programs.WebFolder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetFileName(file).ToLowerInvariant())];
        Assert.Contains("microsoft.ml.onnxtransformer.dll", files);
        Assert.DoesNotContain(files, file => file.Contains("torch", StringComparison.Ordinal)
            || file.StartsWith("microsoft.ml.pcdarts", StringComparison.Ordinal));
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

    [Fact]
    public void Start_UnknownSetting_NamesIt()
        => AssertEnds(1, "MaxConcurrentRequests", "--model", models.First, "--Serving:MaxConcurrentRequests=4");

    [SkippableFact]
    public void Start_NoFolderForTemporaryFiles_NamesItAndItsVariable()
    {
        Skip.If(OperatingSystem.IsWindows(), "TMPDIR is a variable of Unix.");
        string temporary = Path.Combine(models.First, "temporary"); // below a file, where nobody can make a folder
        (int code, _, string errors) = Programs.WebWithTemporaryFolder(temporary, "--model", models.First);
        Assert.Equal(1, code);
        Assert.Contains(temporary, errors, StringComparison.Ordinal);
        Assert.Contains("TMPDIR", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("is not a complete PC-DARTS model", errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Run_FolderForTemporaryFilesLost_AnswersFormsAndKeepsTheModelWithoutNamingPaths()
    {
        Skip.If(OperatingSystem.IsWindows(), "TMPDIR is a variable of Unix.");
        string path = models.Copy(models.First), temporary = models.NewPath("");
        Directory.CreateDirectory(temporary);
        (Process process, Uri address) = Programs.StartWeb(temporary, "--model", path, "--Serving:ReloadSeconds=1");
        using (process)
        using (HttpClient client = new() { BaseAddress = address })
        {
            Directory.Delete(temporary, recursive: true);
            await File.WriteAllTextAsync(temporary, "no folder");
            byte[] large = [.. ColorPictures.Draw("red"), .. new byte[300_000]];
            Assert.Equal("red",
                (string?)(await Server.JsonAsync(await client.PostAsync("/predict", Server.Form(("large.png", large)))))["label"]);

            File.Copy(models.Second, path, overwrite: true);
            string health = "";
            await Server.UntilAsync(async () => (health = await client.GetStringAsync("/healthz")).Contains("old model",
                StringComparison.Ordinal), "The report");
            Assert.Contains("cannot be read or unpacked", health, StringComparison.Ordinal);
            Assert.DoesNotContain("/", (string?)JsonNode.Parse(health)!["problem"], StringComparison.Ordinal);
            Assert.Equal("red",
                (string?)(await Server.JsonAsync(await client.PostAsync("/predict", Server.Form(("large.png", large)))))["label"]);
            process.Kill();
        }
    }

    [SkippableFact]
    public async Task Terminate_WhileASlowClientSends_EndsWith0InItsTime()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        (Process process, Uri address) = Programs.StartWeb(Path.GetTempPath(), "--model", models.First, "--Serving:ShutdownSeconds=1",
            "--Serving:MinBytesPerSecond=0");
        using (process)
        using (HttpClient client = new() { BaseAddress = address })
        {
            var release = new TaskCompletionSource();
            var body = new SlowContent(new byte[1000], 10, release.Task, announced: true);
            Task<HttpResponseMessage> slow = client.PostAsync("/predict", body);
            await body.Begun;
            await client.GetStringAsync("/healthz");

            using (Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
                await kill.WaitForExitAsync();

            Task output = process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
            await output;
            Assert.Equal(0, process.ExitCode);
            release.SetResult();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => slow);
        }
    }

    private static void AssertEnds(int code, string message, params string[] arguments)
    {
        (int exitCode, string output, string errors) = Programs.Web(arguments);
        Assert.True(code == exitCode, $"{exitCode}: {output}{errors}");
        Assert.Contains(message, errors, StringComparison.Ordinal);
    }
}
