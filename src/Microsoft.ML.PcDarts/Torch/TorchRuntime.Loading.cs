using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.ML.PcDarts.Platform;
using TorchSharp;

namespace Microsoft.ML.PcDarts.Torch;

internal static partial class TorchRuntime
{
    /// <summary>The libtorch that the referenced TorchSharp is made for.</summary>
    public const string LibTorchVersion = "2.10.0";

    private static string Platform { get; } =
        (OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux") + "-"
            + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    /// <summary>The folders in which this application's native libraries can lie, the host's own list first.</summary>
    public static IReadOnlyList<string> NativeFolders()
    {
        string host = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? string.Empty;
        string application = AppContext.BaseDirectory;
        return [.. host.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(Path.Combine(application, "runtimes", Platform, "native"))
            .Append(application)
            .Select(folder => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))
            .Distinct(StringComparer.Ordinal)];
    }

    private static string FileName(string name) =>
        OperatingSystem.IsWindows() ? name + ".dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";

    /// <summary>The libtorch that the system's loader found by name, since the application has none; null otherwise.</summary>
    private static string? _foundByName;

    private static void LoadFromApplication(string name)
    {
        IReadOnlyList<string> folders = NativeFolders();
        string file = FileName(name);
        string? found = folders.Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);
        if (found is not null)
            LoadFile(found);
        // By name: already loaded by the application, or on the system's own search path (LD_LIBRARY_PATH, PATH).
        else if (NativeLibrary.TryLoad(name, typeof(torch).Assembly, null, out _))
            _foundByName = LoadedFile(file) ?? _foundByName;
        else if (!TorchSharpRunsFromPackageFolder())
            throw new TorchLibraryException(ExplainMissing(file, folders));
    }

    /// <summary>Path of a library that this process has loaded, links followed; null if it is not known.</summary>
    private static string? LoadedFile(string file)
    {
        using Process process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>().Select(module => module.FileName)
            .FirstOrDefault(path => path is not null && Path.GetFileName(path).StartsWith(file, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>In a notebook the packages are used where they were restored, and TorchSharp gathers the native files itself.</summary>
    [UnconditionalSuppressMessage("SingleFile", "IL3000",
        Justification = "In a single file the location is empty, which is no package folder.")]
    private static bool TorchSharpRunsFromPackageFolder()
    {
        string location = typeof(torch).Assembly.Location;
        string[] parts = location.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);
        return parts.Length > 5 && parts[^3] == "lib" && parts[^5].Equals("torchsharp", StringComparison.OrdinalIgnoreCase);
    }

    private static void LoadFile(string file)
    {
        try
        {
            NativeLibrary.Load(file);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw new TorchLibraryException(ExplainFailure(file, exception.Message, _foundByName), exception);
        }
    }

    private static void InitializeTorchSharp()
    {
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception exception) when (exception is TypeInitializationException or NotSupportedException or DllNotFoundException
            or EntryPointNotFoundException)
        {
            string reason = (exception.InnerException ?? exception).Message;
            throw new TorchLibraryException($"The native libraries were found, but TorchSharp {TorchSharpVersion} cannot start "
                + $"on them: {reason}", exception);
        }
    }

    private static string TorchSharpVersion => PackageVersion.Of(typeof(torch).Assembly);

    /// <summary>The message for a library that is nowhere.</summary>
    public static string ExplainMissing(string file, IReadOnlyList<string> folders)
    {
        string remedy = file.Contains("LibTorchSharp", StringComparison.Ordinal)
            ? "It belongs to the TorchSharp package, which has it for linux-x64, win-x64, win-arm64 and osx-arm64; "
                + $"this process is {Platform}."
            : ReferenceLibTorch;
        return $"The native library {file} was not found. {remedy} Searched: {string.Join(", ", folders)}.";
    }

    /// <summary>The message for a library that is there and does not load.</summary>
    /// <param name="file">The file that was to be loaded.</param>
    /// <param name="loaderMessage">What the system's loader said.</param>
    /// <param name="foundByName">The libtorch that was loaded because the system has it, not the application; null if there is
    /// none.</param>
    public static string ExplainFailure(string file, string loaderMessage, string? foundByName = null)
    {
        string cause;
        if (MissingVersion().Match(loaderMessage) is { Success: true } version)
        {
            string wanted = version.Groups["version"].Value;
            string by = version.Groups["by"].Success ? version.Groups["by"].Value : file;
            string library = Path.GetFileName(version.Groups["library"].Value);
            cause = $"'{by}' needs the symbol version {wanted}, which this system's {library} does not have. " + (wanted == "GLIBCXX_3.4.32"
                ? "The build target of the Microsoft.ML.PcDarts package removes this need: let the application reference that package "
                    + "(with a project reference, "
                    + "import eng/Microsoft.ML.PcDarts.targets) and do not set PcDartsPatchLibTorchSharp to false. "
                    + "Or install libstdc++ of GCC 13.2 or newer (Debian 13, Ubuntu 24.04)."
                : $"Use a newer system, or a newer {library}.");
        }
        else if (MissingLibrary().Match(loaderMessage) is { Success: true } library)
        {
            string missing = library.Groups["library"].Value;
            cause = $"It depends on {missing}, which is not there. "
                + (missing.Contains("torch", StringComparison.Ordinal) || missing.Contains("c10", StringComparison.Ordinal)
                ? $"Reference libtorch-cpu-{Platform} {LibTorchVersion} or another libtorch of that version in the application."
                : missing.StartsWith("ld-linux", StringComparison.Ordinal)
                    ? "libtorch needs a system with glibc; it does not run on musl (Alpine)."
                    : $"Install the system package that provides {missing}.");
        }
        else if (UndefinedSymbol().Match(loaderMessage) is { Success: true } symbol)
        {
            cause = $"It needs the symbol {symbol.Groups["symbol"].Value}, which "
                + (foundByName is null
                    ? $"the loaded libtorch does not have. TorchSharp {TorchSharpVersion} needs libtorch {LibTorchVersion}."
                    : $"'{foundByName}'{VersionIn(foundByName)} does not have: the application references no libtorch, "
                        + $"and the system's loader found this one. {ReferenceLibTorch}");
        }
        else
        {
            cause = OperatingSystem.IsWindows()
                ? $"One of its dependencies is missing or of another version: libtorch must be {LibTorchVersion}, "
                    + "and the Microsoft Visual C++ runtime installed."
                : $"libtorch must be {LibTorchVersion} for {Platform}.";
        }
        return $"The native library '{file}' cannot be loaded. {cause} The system's loader said: {LastLine(loaderMessage)}";
    }

    private static string ReferenceLibTorch
        => $"Reference one libtorch in the application: libtorch-cpu-{Platform} {LibTorchVersion} (or TorchSharp-cpu, "
            + "TorchSharp-cuda-linux, TorchSharp-cuda-windows), "
        + $"or set {TorchLibVariable} to the torch/lib folder of an installed PyTorch {LibTorchVersion}.";

    /// <summary>The version that the file's name ends with, in brackets; empty if it has none.</summary>
    private static string VersionIn(string path)
        => VersionSuffix().Match(path) is { Success: true } match ? $" (version {match.Groups["version"].Value})" : "";

    private static string LastLine(string text)
        => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault(string.Empty);

    [GeneratedRegex(@"(?<library>[^\s:]+): version [`'](?<version>[^']+)' not found(?: \(required by (?<by>[^)]+)\))?")]
    private static partial Regex MissingVersion();

    [GeneratedRegex(@"(?:Error loading shared library )?(?<library>[^\s:]+): (?:cannot open shared object file|No such file)")]
    private static partial Regex MissingLibrary();

    [GeneratedRegex(@"\.so\.(?<version>[0-9][0-9.]*)$")]
    private static partial Regex VersionSuffix();

    [GeneratedRegex(@"undefined symbol: (?<symbol>[^\s,]+)|Error relocating \S+ (?<symbol>\S+): symbol not found")]
    private static partial Regex UndefinedSymbol();
}
