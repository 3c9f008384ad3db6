using Microsoft.ML.PcDarts.Platform;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;

namespace Microsoft.ML.PcDarts.Tests.Torch;

public sealed class TorchRuntimeTests
{
    [Fact]
    public void LibTorchVersion_OfTheReferencedTorchSharp_IsTheOneNamedInMessages()
    {
        TorchRuntime.EnsureLoaded();
        Assert.StartsWith(TorchRuntime.LibTorchVersion + ".", torch.__version__ + ".", StringComparison.Ordinal);
    }

    [SkippableFact]
    public void NativeFolders_OfThisProcess_HoldLibTorchSharp()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Linux loader");
        Assert.Contains(TorchRuntime.NativeFolders(), folder => File.Exists(Path.Combine(folder, "libLibTorchSharp.so")));
    }

    [Fact]
    public void ChooseDevice_NoGpuAsked_IsCpuWithoutMessage()
    {
        torch.Device device = TorchRuntime.ChooseDevice(null, fallbackToCpu: false, message => Assert.Fail(message));
        Assert.Equal(DeviceType.CPU, device.type);
    }

    [Fact]
    public void ChooseDevice_AbsentGpuWithFallback_IsCpuWithOneMessage()
    {
        List<string> messages = [];
        torch.Device device = TorchRuntime.ChooseDevice(99, fallbackToCpu: true, messages.Add);
        Assert.Equal(DeviceType.CPU, device.type);
        Assert.Contains("GpuDeviceId 99", Assert.Single(messages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(99)]
    [InlineData(-1)]
    public void ChooseDevice_AbsentGpuWithoutFallback_Throws(int gpu)
    {
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(
            () => TorchRuntime.ChooseDevice(gpu, fallbackToCpu: false, _ => { }));
        Assert.Contains($"GpuDeviceId {gpu} cannot be used", exception.Message, StringComparison.Ordinal);
        Assert.Contains("FallbackToCpu", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DeviceType.CPU, null, torch.ScalarType.Float32)]
    [InlineData(DeviceType.CUDA, 7, torch.ScalarType.Float32)]
    [InlineData(DeviceType.CUDA, 8, torch.ScalarType.BFloat16)]
    [InlineData(DeviceType.CUDA, null, torch.ScalarType.Float32)] // a driver that does not tell
    public void ChooseType_NothingAsked_FollowsTheDevice(DeviceType device, int? capability, torch.ScalarType expected)
        => Assert.Equal(expected, TorchRuntime.ChooseType(null, new torch.Device(device), capability, Assert.Fail));

    [Fact]
    public void ChooseType_Float32_IsTakenEverywhere()
        => Assert.Equal(torch.ScalarType.Float32,
            TorchRuntime.ChooseType(TrainingPrecision.Float32, new torch.Device(DeviceType.CUDA), 9, Assert.Fail));

    [Fact]
    public void ChooseType_BFloat16OnAnOldGpu_NamesItsCapability()
    {
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(
            () => TorchRuntime.ChooseType(TrainingPrecision.BFloat16, new torch.Device(DeviceType.CUDA, 0), 7, Assert.Fail));
        Assert.Contains("compute capability 7", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Float32", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ChooseType_BFloat16OnTheCpu_WarnsOnce()
    {
        List<string> messages = [];
        Assert.Equal(torch.ScalarType.BFloat16, TorchRuntime.ChooseType(TrainingPrecision.BFloat16, torch.CPU, messages.Add));
        Assert.Contains("BFloat16 on the CPU", Assert.Single(messages), StringComparison.Ordinal);
    }

    [Fact]
    public void SetThreads_Zero_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => TorchRuntime.SetThreads(0));

    [Fact]
    public void SetThreads_Null_IsOneThreadPerPhysicalCore()
    {
        TorchRuntime.SetThreads(null);
        Assert.InRange(Processor.PhysicalCores(), 1, Environment.ProcessorCount);
        Assert.Equal(Processor.PhysicalCores(), torch.get_num_threads());
    }

    [Fact]
    public void PreloadFrom_AbsentFolder_NamesFolderAndVariable()
    {
        TorchLibraryException exception = Assert.Throws<TorchLibraryException>(() => TorchRuntime.PreloadFrom("/nowhere/torch/lib"));
        Assert.Contains("nowhere", exception.Message, StringComparison.Ordinal);
        Assert.Contains(TorchRuntime.TorchLibVariable, exception.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libLibTorchSharp.so)",
        "'/app/libLibTorchSharp.so' needs the symbol version GLIBCXX_3.4.32, which this system's libstdc++.so.6 does not have",
        "PcDartsPatchLibTorchSharp")]
    [InlineData("/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /app/libtorch_cpu.so)",
        "'/app/libtorch_cpu.so' needs the symbol version GLIBC_2.38, which this system's libc.so.6 does not have", "Use a newer system")]
    [InlineData("libtorch.so: cannot open shared object file: No such file or directory", "It depends on libtorch.so, which is not there",
        "libtorch-cpu-")]
    [InlineData("libgomp.so.1: cannot open shared object file: No such file or directory", "It depends on libgomp.so.1, which is not there",
        "Install the system package")]
    [InlineData("Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /app/x.so)",
        "It depends on ld-linux-x86-64.so.2", "musl")]
    [InlineData("/app/x.so: undefined symbol: _ZN3c105ErrorC2E", "It needs the symbol _ZN3c105ErrorC2E", "needs libtorch 2.10.0")]
    [InlineData("/app/x.so: invalid ELF header", "libtorch must be 2.10.0", "The system's loader said: /app/x.so: invalid ELF header")]
    public void ExplainFailure_LoaderMessage_NamesFileCauseAndRemedy(string loaderMessage, string cause, string remedy)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Linux loader");
        string message = TorchRuntime.ExplainFailure("/app/x.so", loaderMessage);
        Assert.StartsWith("The native library '/app/x.so' cannot be loaded.", message, StringComparison.Ordinal);
        Assert.Contains(cause, message, StringComparison.Ordinal);
        Assert.Contains(remedy, message, StringComparison.Ordinal);
    }
}
