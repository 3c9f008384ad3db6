using System.Diagnostics;
using System.Reflection;
using Microsoft.ML.PcDarts.Torch;

namespace Microsoft.ML.PcDarts.Tests.Torch;

/// <summary>Loading happens once per process, so each way it can go is seen in a process of its own.</summary>
public sealed class TorchRuntimeProcessTests : IDisposable
{
    private static readonly string Application = typeof(TorchRuntimeProcessTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "NoLibTorch").Value!;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pcdarts-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void EnsureLoaded_NoLibTorch_NamesFileAndPackage()
    {
        (int code, string output, string error) = Run(Application);
        Assert.Equal(3, code);
        Assert.Empty(output);
        Assert.Contains("torch_cpu", error, StringComparison.Ordinal);
        Assert.Contains("was not found. Reference one libtorch in the application: libtorch-cpu-", error, StringComparison.Ordinal);
        Assert.Contains(Application, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_NoLibTorch_ThrowsTheSame()
    {
        (int code, _, string error) = Run(Application, ["fit"]);
        Assert.True(code == 3, error);
        Assert.Contains("Reference one libtorch in the application", error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void EnsureLoaded_UnpatchedLibTorchSharp_LoadsOrNamesVersionAndTarget()
    {
        string application = CopyApplication(libTorch: true, patched: false);
        (int code, string output, string error) = Run(application);
        Skip.If(code == 0, "This system's libstdc++ is new enough for the file as TorchSharp ships it.");
        Assert.Equal(3, code);
        Assert.Empty(output);
        Assert.Contains(Path.Combine(application, "runtimes/linux-x64/native/libLibTorchSharp.so"), error, StringComparison.Ordinal);
        Assert.Contains("needs the symbol version GLIBCXX_3.4.32, which this system's libstdc++.so.6 does not have", error,
            StringComparison.Ordinal);
        Assert.Contains("PcDartsPatchLibTorchSharp", error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void EnsureLoaded_PatchedLibTorchSharp_Computes()
    {
        (int code, string output, string error) = Run(CopyApplication(libTorch: true, patched: true));
        Assert.True(code == 0, error);
        Assert.Equal("3", output.Trim());
    }

    [SkippableFact]
    public void EnsureLoaded_VariableNamesTorchLibFolder_Computes()
    {
        string application = CopyApplication(libTorch: false, patched: true);
        DirectoryInfo torchLib = _folder.CreateSubdirectory("torch/lib");
        LinkLibTorch(torchLib.FullName);
        (int code, string output, string error) = Run(application, (TorchRuntime.TorchLibVariable, torchLib.FullName));
        Assert.True(code == 0, error);
        Assert.Equal("3", output.Trim());
    }

    [SkippableTheory]
    [InlineData(null, "PASSIVE")]
    [InlineData("ACTIVE", "ACTIVE")]
    public void EnsureLoaded_OmpWaitPolicy_IsPassiveUnlessTheUserSetIt(string? given, string effective)
    {
        string application = CopyApplication(libTorch: true, patched: true);
        (int code, _, string error) = Run(application, ("OMP_WAIT_POLICY", given), ("OMP_DISPLAY_ENV", "TRUE"));
        Assert.True(code == 0, error);
        Assert.Contains($"OMP_WAIT_POLICY = '{effective}'", error, StringComparison.Ordinal);
    }

    [Fact]
    public void EnsureLoaded_VariableNamesOtherFolder_NamesMissingFile()
    {
        (int code, _, string error) = Run(Application, (TorchRuntime.TorchLibVariable, _folder.FullName));
        Assert.Equal(3, code);
        Assert.Contains("c10", error, StringComparison.Ordinal);
        Assert.Contains(TorchRuntime.TorchLibVariable, error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void EnsureLoaded_TruncatedLibTorch_NamesFileAndVersion()
    {
        string application = CopyApplication(libTorch: false, patched: true);
        string file = Path.Combine(application, "runtimes/linux-x64/native/libtorch_cpu.so");
        File.WriteAllBytes(file, new byte[100]);
        (int code, _, string error) = Run(application);
        Assert.Equal(3, code);
        Assert.Contains($"'{file}' cannot be loaded. libtorch must be {TorchRuntime.LibTorchVersion}", error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void EnsureLoaded_SystemHasAnotherLibTorch_NamesTheFileAndWhatToReference()
    {
        string application = CopyApplication(libTorch: false, patched: true);
        DirectoryInfo system = _folder.CreateSubdirectory("system");
        // any library that has none of the symbols
        string other = Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libSystem.Native.so");
        foreach (string name in (string[])["libc10", "libtorch", "libtorch_cpu"])
        {
            File.Copy(other, Path.Combine(system.FullName, name + ".so.1.13"));
            File.CreateSymbolicLink(Path.Combine(system.FullName, name + ".so"), name + ".so.1.13");
        }

        (int code, _, string error) = Run(application, ("LD_LIBRARY_PATH", system.FullName));
        Assert.Equal(3, code);
        Assert.Contains($"which '{system.FullName}/libtorch_cpu.so.1.13' (version 1.13) does not have: "
            + "the application references no libtorch", error, StringComparison.Ordinal);
        Assert.Contains("Reference one libtorch in the application: libtorch-cpu-linux-x64 2.10.0", error, StringComparison.Ordinal);
    }

    private string CopyApplication(bool libTorch, bool patched)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The native files are laid out for Linux.");
        string application = _folder.CreateSubdirectory("app").FullName;
        foreach (string file in Directory.EnumerateFiles(Application))
            File.Copy(file, Path.Combine(application, Path.GetFileName(file)));
        string native = Path.Combine(application, "runtimes/linux-x64/native");
        Directory.CreateDirectory(native);
        string libTorchSharp = patched ? FolderWith("libLibTorchSharp.so") : Path.Combine(Application, "runtimes/linux-x64/native");
        File.Copy(Path.Combine(libTorchSharp, "libLibTorchSharp.so"), Path.Combine(native, "libLibTorchSharp.so"));
        if (libTorch)
            LinkLibTorch(native);
        return application;
    }

    private static void LinkLibTorch(string folder)
    {
        string source = FolderWith("libtorch_cpu.so");
        foreach (string pattern in (string[])["libtorch.so", "libtorch_cpu.so", "libc10.so", "libgomp*"])
        {
            foreach (string file in Directory.EnumerateFiles(source, pattern))
                File.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(file)), file);
        }
    }

    private static string FolderWith(string file) => TorchRuntime.NativeFolders().First(folder => File.Exists(Path.Combine(folder, file)));

    private static (int Code, string Output, string Error) Run(string application, params (string Name, string? Value)[] environment) =>
        Run(application, [], environment);

    private static (int Code, string Output, string Error) Run(string application, string[] arguments,
        params (string Name, string? Value)[] environment)
    {
        ProcessStartInfo start = new("dotnet", ["exec", Path.Combine(application, "NoLibTorch.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string variable in (string[])[TorchRuntime.TorchLibVariable, "OMP_WAIT_POLICY"])
            start.Environment.Remove(variable);
        foreach ((string name, string? value) in environment)
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
