using System.Diagnostics;
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
}

internal sealed record CliResult(int ExitCode, string Output, string Errors)
{
    /// <summary>The JSON object in the last line of standard output.</summary>
    public JsonObject Json => (JsonObject)JsonNode.Parse(Output.TrimEnd().Split('\n')[^1])!;
}
