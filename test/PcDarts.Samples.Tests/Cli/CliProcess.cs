using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace PcDarts.Samples.Tests.Cli;

/// <summary>Runs the built command-line program in a process of its own.</summary>
internal static class CliProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static CliResult Run(params string[] arguments) => Run(Directory.GetCurrentDirectory(), arguments);

    public static CliResult Run(string workingDirectory, string[] arguments)
    {
        using Process process = Start(workingDirectory, arguments);
        return Finish(process);
    }

    public static Process Start(string workingDirectory, string[] arguments)
    {
        ProcessStartInfo info = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.ArgumentList.Add("exec");
        info.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "PcDarts.Cli.dll"));
        foreach (string argument in arguments)
            info.ArgumentList.Add(argument);
        return Process.Start(info)!;
    }

    /// <summary>Sends a signal: INT for Ctrl-C, or TERM.</summary>
    public static void Signal(Process process, string signal)
    {
        // The shell's own kill: the program of that name is missing from small systems.
        using Process kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Skips the test where Ctrl-C has no effect.</summary>
    public static void SkipUnlessInterruptible()
    {
        Skip.If(OperatingSystem.IsWindows(), "needs POSIX signals");
        Skip.If(InterruptIsIgnored(), "this process ignores SIGINT, and so do its children: a shell started it in the background");
    }

    public static CliResult Finish(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            Assert.Fail($"The program did not end within {Patience}.");
        }

        return new CliResult(process.ExitCode, output.Result, errors.Result);
    }

    private static bool InterruptIsIgnored()
    {
        const string status = "/proc/self/status", field = "SigIgn:";
        const ulong interrupt = 1UL << 1; // signal 2
        return File.Exists(status) && File.ReadLines(status)
            .FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal)) is { } line
            && (ulong.Parse(line.AsSpan(field.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & interrupt) != 0;
    }
}

internal sealed record CliResult(int ExitCode, string Output, string Errors)
{
    /// <summary>The JSON object in the last line of standard output.</summary>
    public JsonObject Json => (JsonObject)JsonNode.Parse(Output.TrimEnd().Split('\n')[^1])!;
}
