using System.Diagnostics;

namespace PcDarts.Samples.Tests.Cli;

/// <summary>Commands that keep nothing end at the first signal, whatever they are at, and leave no unfinished file.</summary>
[Collection(nameof(FitCollection))]
public sealed class SignalTests(FitFixture fixture) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // A pipe that is open and never written to: the command reads it when the signal comes, and no check of its own ends that.
    [SkippableTheory]
    [InlineData("TERM", 143, "genotype", "show", "PIPE", "--svg", "out/cells.svg")]
    [InlineData("INT", 130, "genotype", "show", "PIPE", "--svg", "out/cells.svg")]
    [InlineData("TERM", 143, "import", "WEIGHTS", "--genotype", "PIPE", "--out", "out")]
    public async Task Command_StuckInAFile_EndsWithTheSignal(string signal, int exitCode, params string[] arguments)
    {
        CliProcess.SkipUnlessInterruptible();
        Directory.CreateDirectory(_folder["out"]);
        string pipe = _folder["genotype.json"];
        using (Process make = Process.Start("/bin/sh", ["-c", $"mkfifo '{pipe}'"]))
            await make.WaitForExitAsync();
        using Process process = CliProcess.Start(_folder.FullPath, [.. arguments.Select(argument => argument switch
        {
            "PIPE" => pipe,
            "WEIGHTS" => Path.Combine(fixture.Out, "weights.safetensors"),
            _ => argument,
        })]);
        // Opens once the command does.
        await using FileStream writer = await Task.Run(() => new FileStream(pipe, FileMode.Open, FileAccess.Write)).WaitAsync(Patience);

        CliProcess.Signal(process, signal);
        CliResult result = CliProcess.Finish(process);

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Empty(Directory.GetFileSystemEntries(_folder["out"]));
    }

    [SkippableTheory]
    [InlineData("TERM", 143, "evaluate", "MODEL", "--test", "many", "--json")]
    [InlineData("INT", 130, "predict", "many", "--model", "MODEL")]
    public async Task Command_AtWork_EndsWithTheSignal(string signal, int exitCode, params string[] arguments)
    {
        CliProcess.SkipUnlessInterruptible();
        string picture = Directory.GetFiles(Path.Combine(fixture.Test, "star"))[0];
        Directory.CreateDirectory(_folder["many", "star"]);
        for (int i = 0; i < 1500; i++)
            File.Copy(picture, _folder["many", "star", $"{i}.png"]);
        using Process process = CliProcess.Start(_folder.FullPath,
            [.. arguments.Select(argument => argument == "MODEL" ? fixture.Model : argument)]);
        StreamReader progress = arguments.Contains("--json") ? process.StandardError : process.StandardOutput;
        string? line;
        do
        {
            line = await progress.ReadLineAsync();
            Assert.NotNull(line);
        }
        while (!line.Contains("star", StringComparison.Ordinal) || line.StartsWith("warning", StringComparison.Ordinal));

        CliProcess.Signal(process, signal);
        CliResult result = CliProcess.Finish(process);

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains("Cancelled.", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("accuracy", result.Output, StringComparison.Ordinal);
    }
}
