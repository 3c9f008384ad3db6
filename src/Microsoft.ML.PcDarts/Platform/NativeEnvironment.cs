using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.PcDarts.Platform;

/// <summary>
/// Environment variables as native libraries see them: managed code does not write the C environment on Unix. Compiled into the samples
/// too, which reach ONNX Runtime without this library.
/// </summary>
internal static partial class NativeEnvironment
{
    /// <summary>Environment variable: ONNX Runtime neither records nor sends telemetry where it is true.</summary>
    public const string DisableOnnxTelemetry = "ORT_DISABLE_TELEMETRY";

    /// <summary>
    /// Turns the telemetry of ONNX Runtime off, unless the user decided otherwise. ONNX Runtime reads the variable once, when its library
    /// loads, and
    /// from 1.29 on records and sends by default. A module initializer runs before any other code of its assembly, whichever way leads to
    /// ONNX Runtime.
    /// </summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "No call can be early enough on every path: ML.NET loads ONNX Runtime by itself.")]
    public static void TurnOffOnnxTelemetry() => SetDefault(DisableOnnxTelemetry, "1");

    /// <summary>Sets a variable that the user has set neither in the environment of the process nor with
    /// <see cref="Environment"/>.</summary>
    /// <param name="name">Name of the variable.</param>
    /// <param name="value">Its value where the user gave none.</param>
    /// <exception cref="InvalidOperationException">The system refuses.</exception>
    public static void SetDefault(string name, string value)
    {
        value = Environment.GetEnvironmentVariable(name) ?? value;
        if (OperatingSystem.IsWindows())
            Environment.SetEnvironmentVariable(name, value);
        else if (SetEnvironment(name, value, overwrite: 0) != 0)
            throw new InvalidOperationException($"The environment variable {name} cannot be set: error {Marshal.GetLastPInvokeError()} of "
                + "setenv.");
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
