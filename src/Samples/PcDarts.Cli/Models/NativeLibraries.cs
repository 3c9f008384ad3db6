using System.Diagnostics;

namespace PcDarts.Cli.Models;

/// <summary>Which native libraries this process has mapped.</summary>
internal static class NativeLibraries
{
    private static readonly string[] TorchNames = ["libtorch", "torch_cpu", "torch_cuda", "LibTorchSharp", "libc10", "c10."];

    /// <summary>The file names of libtorch's libraries in this process; empty when none is loaded.</summary>
    public static IReadOnlyList<string> LoadedTorch()
    {
        using Process process = Process.GetCurrentProcess();
        return [.. process.Modules.Cast<ProcessModule>().Select(module => Path.GetFileName(module.FileName))
            .Where(name => TorchNames.Any(torch => name.Contains(torch, StringComparison.OrdinalIgnoreCase))).Distinct()
            .Order(StringComparer.Ordinal)];
    }
}
