using System.Diagnostics;
using System.Reflection;

namespace PcDarts.Web.Tests;

/// <summary>The repository's programs in processes of their own.</summary>
internal static class Programs
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Folder of the server as it was built.</summary>
    public static string WebFolder => Path.GetDirectoryName(Metadata("Web"))!;

    /// <summary>Runs the command-line program.</summary>
    public static (int ExitCode, string Output, string Errors) Cli(params string[] arguments) => Run("Cli", arguments);

    /// <summary>Runs the server until it ends by itself.</summary>
    public static (int ExitCode, string Output, string Errors) Web(params string[] arguments) => Run("Web", arguments);

    /// <summary>Starts the server on a free port of the loopback, with a folder for temporary files.</summary>
    public static (Process Process, Uri Address) StartWeb(string temporary, params string[] arguments)
    {
        const string Listening = "Now listening on: ";
        Process process = Start("Web", ["--urls", "http://127.0.0.1:0", .. arguments], temporary);
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line.IndexOf(Listening, StringComparison.Ordinal) is var at and >= 0)
                return (process, new Uri(line[(at + Listening.Length)..].Trim()));
        }
        process.WaitForExit();
        Assert.Fail($"The server ended with {process.ExitCode} before it listened.");
        return default;
    }

    /// <summary>Runs the server until it ends by itself, with another folder for temporary files.</summary>
    public static (int ExitCode, string Output, string Errors) WebWithTemporaryFolder(string temporary, params string[] arguments)
        => Run("Web", arguments, temporary);

    private static Process Start(string program, string[] arguments, string? temporary)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["exec", Metadata(program), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        if (temporary is not null)
            start.Environment["TMPDIR"] = temporary;
        return Process.Start(start)!;
    }

    private static (int ExitCode, string Output, string Errors) Run(string program, string[] arguments, string? temporary = null)
    {
        using Process process = Start(program, arguments, temporary);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            Assert.Fail($"{program} did not end within {Patience}.");
        }
        return (process.ExitCode, output.Result, errors.Result);
    }

    private static string Metadata(string key)
        => typeof(Programs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
