using System.Text.Json.Nodes;
using PcDarts.Cli.Rendering;
using PcDarts.Cli.Shapes;

namespace PcDarts.Samples.Tests.Cli;

public sealed class PrintableTests : IDisposable
{
    /// <summary>
    /// A class name with colors, a line of its own, a title of the window, C1 controls, a reversed part and an invisible one.
    /// </summary>
    private const string Hostile = "cat\u001b[31m\nerror: gone\u001b]0;owned\u0007\u009b2J\u202egpj.exe\u200b\r";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("café 猫 😀 👩‍🚀 [red]", "café 猫 😀 👩‍🚀 [red]")]
    [InlineData("a\u001b[2Jb", "a\\u001b[2Jb")]
    [InlineData("a\nb\r\tc", "a\\nb\\r\\tc")]
    [InlineData("a\u202eb\u2066c\u2028d\u0085e\u007ff", "a\\u202eb\\u2066c\\u2028d\\u0085e\\u007ff")]
    [InlineData("b\ue000c\U000E0041", "b\\ue000c\\udb40\\udc41")]
    public void Line_AnyText_EscapesWhatATerminalActsOn(string text, string printed) => Assert.Equal(printed, Printable.Line(text));

    [Fact]
    public void Line_HalfACharacter_IsEscaped() => Assert.Equal("a\\ud800b", Printable.Line("a\ud800b"));

    [Fact]
    public void Json_HostileString_KeepsItsValue()
    {
        string json = Printable.Json(new JsonObject { ["name"] = Hostile }
            .ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));

        Assert.Equal(Hostile, (string?)JsonNode.Parse(json)!["name"]);
        AssertPrintable(json);
    }

    [SkippableFact]
    public void Commands_HostileNames_NeverReachTheTerminal()
    {
        Skip.If(OperatingSystem.IsWindows(), "such names of files do not exist there");
        ShapeDataset.Write(_folder.FullPath, trainingPerClass: 4, testPerClass: 2, seed: 1);
        foreach (string set in (string[])["train", "test"])
            Directory.Move(_folder[set, "star"], _folder[set, Hostile]);
        string picture = Path.Combine(_folder["test", Hostile], "\u001b[5mstar\n.png"), outside = _folder["\u001b[1mpart\u202e"];
        File.Move(_folder["test", Hostile, "0000.png"], picture);
        File.WriteAllText(_folder["test", Hostile, "bad\u001b[7m.png"], "no picture");

        CliResult fit = Run(0, "fit", "--train", _folder["train"], "--test", _folder["test"], "--skip-bad-images", "--recipe", "tiny",
            "--out", outside);
        string model = Path.Combine(outside, "model.zip");
        CliResult predict = Run(0, "predict", picture, "--model", model, "--top", "9");
        Run(0, "evaluate", outside, "--test", _folder["test"], "--skip-bad-images", "--json");
        Run(1, "evaluate", outside, "--test", _folder["test"]);
        Run(0, "genotype", "show", model, "--svg", _folder["\u001b[1m.svg"]);
        Run(0, "compare", outside, outside);
        Run(0, "export", Path.Combine(outside, "weights.safetensors"), _folder["\u001b[1m.onnx"]);
        Run(0, "import", Path.Combine(outside, "weights.safetensors"), "--classes", "a\u001b[1m,b\u0007,c\u202e,d,e,f", "--out",
            _folder["import\u001b"]);
        Run(1, "predict", _folder["\u001b[1mmissing"], "--model", model, "--verbose");
        Run(2, "fit", "--train", "x", "--seed", "\u001b[1m1\u202e");
        CliResult json = Run(0, "predict", picture, "--model", model, "--json");

        Assert.Contains("cat\\u001b[31m\\nerror: gone", fit.Output, StringComparison.Ordinal);
        Assert.Contains("\\u001b[5mstar\\n.png: ", predict.Output, StringComparison.Ordinal);
        Assert.Contains(Hostile, json.Json["predictions"]![0]!["top"]!.AsArray().Select(one => (string?)one!["label"]));
    }

    private static CliResult Run(int exitCode, params string[] arguments)
    {
        CliResult result = CliProcess.Run(arguments);
        Assert.True(result.ExitCode == exitCode, $"{string.Join(' ', arguments)} ended with {result.ExitCode}: {result.Errors}");
        AssertPrintable(result.Output);
        AssertPrintable(result.Errors);
        Assert.DoesNotContain(result.Errors.Split('\n'), line => line.StartsWith("error: gone", StringComparison.Ordinal));
        return result;
    }

    private static void AssertPrintable(string text)
        => Assert.DoesNotContain(text, character => character != '\n' && (char.IsControl(character) || character is '\u202e' or '\u200b'));
}
