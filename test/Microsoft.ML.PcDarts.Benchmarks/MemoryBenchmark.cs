using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Torch;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>
/// Peak memory of search steps, of the supernet and of its per-edge form, each in a process of its own: its resident memory, or on a GPU
/// what it took there.
/// </summary>
internal static class MemoryBenchmark
{
    private const int Steps = 3;
    private const string PerEdge = "per-edge", Ours = "ours", Saving = "memory-saving";

    public static System.CommandLine.Command Create()
    {
        Option<int> batch = new("--batch")
        {
            DefaultValueFactory = _ => 64,
            Description = "Pictures a step, for architecture and weights each.",
        };
        Option<int> channels = new("--channels") { DefaultValueFactory = _ => 16, Description = "Initial channels C." };
        Option<int> cells = new("--cells") { DefaultValueFactory = _ => 8, Description = "Cells of the supernet." };
        Option<int> size = new("--size") { DefaultValueFactory = _ => 32, Description = "Side of the pictures in pixels." };
        Option<int?> gpu = StepDevice.GpuOption();
        Option<TrainingPrecision?> precision = StepDevice.PrecisionOption();
        Option<string?> form = new("--form") { Description = "Measures this process.", Hidden = true };
        var command = new System.CommandLine.Command("memory",
            "Peak memory of a search step against the per-edge form of the paper's code.")
            {
                batch, channels, cells, size, gpu, precision, form,
            };
        command.SetAction(parsed =>
        {
            string[] shape =
            [
                "--batch", $"{parsed.GetValue(batch)}", "--channels", $"{parsed.GetValue(channels)}", "--cells",
                $"{parsed.GetValue(cells)}", "--size", $"{parsed.GetValue(size)}",
                .. parsed.GetValue(gpu) is { } number ? (string[])["--gpu", $"{number}"] : [],
                .. parsed.GetValue(precision) is { } type ? (string[])["--precision", $"{type}"] : [],
            ];
            if (parsed.GetValue(form) is { } measured)
                RunHere(parsed.GetValue(channels), parsed.GetValue(cells), parsed.GetValue(batch), parsed.GetValue(size),
                    () => StepDevice.Choose(parsed.GetValue(gpu), parsed.GetValue(precision)), measured);
            else
                Compare(shape, onGpu: parsed.GetValue(gpu) is not null);
        });
        return command;
    }

    private static void Compare(string[] shape, bool onGpu)
    {
        long perEdge = RunChild([.. shape, "--form", PerEdge]), ours = RunChild([.. shape, "--form", Ours]);
        // The kernels of the CPU alone can compute maps again.
        long? saving = onGpu ? null : RunChild([.. shape, "--form", Saving]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{string.Join(' ', shape)}, {Steps} steps: per edge {perEdge / 1e9:F2} GB, ours {ours / 1e9:F2} GB")
            + (saving is null
                ? " (taken on the GPU, without the context)"
                : string.Create(CultureInfo.InvariantCulture,
                    $", with MemorySaving {saving / 1e9:F2} GB (whole process, libraries included)")));
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            peakRatio = (double)ours / perEdge, baselinePeakMemoryBytes = perEdge, peakMemoryBytes = ours,
            memorySavingPeakRatio = (double?)saving / perEdge,
        }));
    }

    private static long RunChild(string[] arguments)
        => long.Parse(MeasuringProcess.LastLine(["memory", .. arguments]), CultureInfo.InvariantCulture);

    private static void RunHere(int channels, int cells, int batch, int size, Func<StepDevice> choose, string form)
    {
        TorchRuntime.EnsureLoaded();
        TorchRuntime.SetThreads(null);
        StepDevice device = choose();
        using Tensor first = zeros(1, device: device.Device); // makes the GPU's context
        long before = InUse();
        using (var step = new SearchStep(
            new SupernetShape { InitialChannels = channels, Layers = cells, Classes = 10 },
            form == PerEdge ? CellForm.PerEdge : CellForm.Automatic, device, form == Saving))
        {
            for (int i = 0; i < Steps; i++)
                step.Run(batch, size);
        }

        Console.WriteLine(device.IsGpu ? InUse() - before : Process.GetCurrentProcess().PeakWorkingSet64);

        long InUse()
            => device.IsGpu
                ? CudaDriver.MemoryInUse(device.Device.index)
                    ?? throw new InvalidOperationException("The driver does not tell how much memory is in use.")
                : 0;
    }
}

