using System.Reflection;

namespace Microsoft.ML.PcDarts.Platform;

/// <summary>Versions of packages.</summary>
internal static class PackageVersion
{
    // By name, so that this room needs no reference to them.
    private static readonly string[] Libraries = ["Microsoft.ML.Data", "Microsoft.ML.OnnxRuntime", "TorchSharp"];

    /// <summary>
    /// Version of the package that an assembly came with, such as <c>5.0.1</c>: its informational version without the commit. The
    /// assembly's own version is another one, <c>1.0.0.0</c> for all of ML.NET.
    /// </summary>
    public static string Of(Assembly assembly)
        => assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
        ?? assembly.GetName().Version?.ToString() ?? "?";

    /// <summary>Versions of the packages that decide a result, this library's first, by assembly name.</summary>
    public static Dictionary<string, string> OfLibraries()
        => Libraries.Select(Assembly.Load).Prepend(typeof(PackageVersion).Assembly).ToDictionary(assembly => assembly.GetName().Name!, Of);
}
