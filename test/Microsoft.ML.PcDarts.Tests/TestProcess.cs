using System.Runtime.CompilerServices;
using Microsoft.ML.PcDarts.Torch;

// libtorch's random generator belongs to the process and its kernels use every core: test classes run one after another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Microsoft.ML.PcDarts.Tests;

internal static class TestProcess
{
    /// <summary>
    /// Sets the process up as the trainer does, before any test touches libtorch: its waiting threads sleep instead of spinning.
    /// </summary>
    [ModuleInitializer]
    public static void SetUp() => TorchRuntime.EnsureLoaded();
}
