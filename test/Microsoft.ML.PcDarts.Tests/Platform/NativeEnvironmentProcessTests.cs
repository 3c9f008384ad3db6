using System.Diagnostics;
using System.Reflection;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Tests.Platform;

/// <summary>
/// ONNX Runtime decides on its telemetry when its library loads, so each way to it is tried in a process of its own, with an empty home.
/// </summary>
public sealed class NativeEnvironmentProcessTests : IDisposable
{
    // ONNX Runtime is silent where one of these says that it runs in a build.
    private static readonly string[] BuildVariables =
    [
        "CI", "TF_BUILD", "GITHUB_ACTIONS", "GITLAB_CI", "CIRCLECI", "TRAVIS", "JENKINS_URL", "CODEBUILD_BUILD_ID", "BUILDKITE",
        "TEAMCITY_VERSION",
        "APPVEYOR", "BITBUCKET_BUILD_NUMBER", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "ORT_RUNNING_UNIT_TESTS",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("predict")]
    [InlineData("load")]
    public void TurnOffOnnxTelemetry_OnnxRuntimeThroughTheLibrary_LeavesNoFile(string mode) =>
        Assert.Empty(FilesAfter("NoLibTorch", Arguments(mode), telemetry: null));

    [SkippableTheory]
    [InlineData("predict")]
    [InlineData("load")]
    public void TurnOffOnnxTelemetry_UserWantsIt_LeavesItOn(string mode) =>
        Assert.Contains(FilesAfter("NoLibTorch", Arguments(mode), telemetry: "0"),
            file => file.EndsWith("deviceid", StringComparison.Ordinal));

    // What the variable does is ONNX Runtime's promise, and what it does without it: where this changes, the documentation must too.
    [SkippableTheory]
    [InlineData(null, true)]
    [InlineData("1", false)]
    public void ModelLoad_WithoutTheLibrary_FilesUnlessTheVariableIsSet(string? telemetry, bool files) =>
        Assert.Equal(files, FilesAfter("ModelLoader", Arguments(null), telemetry).Length > 0);

    private string[] Arguments(string? mode)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = TinyModel.Keyed(ml, 6);
        using var tiny = new TinyModel(ml, data.Schema);
        string zip = Path.Combine(_folder.Path, "model.zip");
        ml.Model.Save(tiny.Transformer, data.Schema, zip);
        string picture = Path.Combine(_folder.Path, "picture.png");
        TinyModel.Pictures(1, "cat").First().Image!.Save(picture);
        return mode switch { null => [zip], "load" => [mode, zip], _ => [mode, zip, picture] };
    }

    private string[] FilesAfter(string program, string[] arguments, string? telemetry)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The folders of ONNX Runtime's telemetry are those of Linux.");
        string folder = typeof(NativeEnvironmentProcessTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == program).Value!;
        DirectoryInfo home = Directory.CreateDirectory(Path.Combine(_folder.Path, "home"));
        ProcessStartInfo start = new("dotnet", ["exec", Path.Combine(folder, program + ".dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string variable in BuildVariables)
            start.Environment.Remove(variable);
        start.Environment["HOME"] = home.FullName;
        start.Environment["XDG_CACHE_HOME"] = Path.Combine(home.FullName, "cache");
        start.Environment["HTTPS_PROXY"] = "http://127.0.0.1:9"; // nothing listens: what these tests record goes nowhere
        start.Environment[NativeEnvironment.DisableOnnxTelemetry] = telemetry;
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output + error.Result);
        return [.. home.EnumerateFiles("*", SearchOption.AllDirectories).Select(file => file.FullName)];
    }
}
