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

    private static (int ExitCode, string Output, string Errors) Run(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", Metadata(program), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            Assert.Fail($"{program} did not end within {Patience}.");
        }
        return (process.ExitCode, output.Result, errors.Result);
    }

    private static string Metadata(string key) => typeof(Programs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
