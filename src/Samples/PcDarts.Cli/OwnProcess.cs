using System.Diagnostics;
using System.Reflection;
using System.Text.Json.Nodes;

namespace PcDarts.Cli;

/// <summary>Starts this program once more.</summary>
internal static class OwnProcess
{
    /// <summary>Runs a command with --json in a fresh process and returns its result.</summary>
    public static JsonObject RunJson(IEnumerable<string> arguments, CancellationToken cancellation)
    {
        using Process process = new() { StartInfo = CreateStartInfo(arguments) };
        process.Start();
        using CancellationTokenRegistration kill = cancellation.Register(() => process.Kill());
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"The process for '{string.Join(' ', arguments)}' ended with "
                + $"code {process.ExitCode}: {errors.Result.Trim()}");
        string last = output.TrimEnd().Split('\n')[^1];
        return (JsonObject)JsonNode.Parse(last)!;
    }

    private static ProcessStartInfo CreateStartInfo(IEnumerable<string> arguments)
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is unknown.");
        ProcessStartInfo info = new(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (OwnCommand.IsDotnet(program))
        {
            info.ArgumentList.Add("exec");
            info.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, Assembly.GetEntryAssembly()!.GetName().Name + ".dll"));
        }

        foreach (string argument in arguments)
            info.ArgumentList.Add(argument);
        return info;
    }
}
