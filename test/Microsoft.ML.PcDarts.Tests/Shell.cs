using System.Diagnostics;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>Makes what .NET cannot: named pipes, and names outside UTF-8.</summary>
internal static class Shell
{
    /// <summary>Runs a command of /bin/sh; its $0 is <paramref name="argument"/>.</summary>
    public static void Run(string command, string argument)
    {
        using Process shell = Process.Start("/bin/sh", ["-c", command, argument]);
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }
}
