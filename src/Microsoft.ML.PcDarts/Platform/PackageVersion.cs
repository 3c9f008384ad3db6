using System.Reflection;

namespace Microsoft.ML.PcDarts.Platform;

internal static class PackageVersion
{
    /// <summary>
    /// Version of the package that an assembly came with, such as <c>5.0.1</c>: its informational version without the commit. The
    /// assembly's own version is another one, <c>1.0.0.0</c> for all of ML.NET.
    /// </summary>
    public static string Of(Assembly assembly) => assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
        ?? assembly.GetName().Version?.ToString() ?? "?";
}
