using System.Diagnostics;
using System.Reflection;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>This program once more, in a process that begins with fresh memory.</summary>
internal static class MeasuringProcess
{
    /// <summary>Runs a command of this program to its end.</summary>
    /// <param name="arguments">The command and its options.</param>
    /// <returns>The last line that it printed.</returns>
    /// <exception cref="InvalidOperationException">It failed or printed nothing.</exception>
    public static string LastLine(params string[] arguments)
    {
        string host = Environment.ProcessPath!;
        // The program is its own host, or a library that dotnet was told to run.
        string[] program = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [Assembly.GetExecutingAssembly().Location] : [];
        var start = new ProcessStartInfo(host, [.. program, .. arguments]) { RedirectStandardOutput = true };
        using Process child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd().TrimEnd();
        child.WaitForExit();
        return child.ExitCode == 0 && output.Length > 0
            ? output[(output.LastIndexOf('\n') + 1)..]
            : throw new InvalidOperationException($"The measuring process ended with exit code {child.ExitCode}: {output}");
    }
}
