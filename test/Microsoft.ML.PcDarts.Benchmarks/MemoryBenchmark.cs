using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>Peak resident memory of search steps, of the supernet and of its per-edge form, each in a process of its own.</summary>
internal static class MemoryBenchmark
{
    private const int Steps = 3;
    private const string PerEdge = "per-edge", Kernels = "kernels", Saving = "memory-saving";

    public static System.CommandLine.Command Create()
    {
        Option<int> batch = new("--batch") { DefaultValueFactory = _ => 64, Description = "Pictures a step, for architecture and weights each." };
        Option<int> channels = new("--channels") { DefaultValueFactory = _ => 16, Description = "Initial channels C." };
        Option<int> cells = new("--cells") { DefaultValueFactory = _ => 8, Description = "Cells of the supernet." };
        Option<int> size = new("--size") { DefaultValueFactory = _ => 32, Description = "Side of the pictures in pixels." };
        Option<string?> form = new("--form") { Description = "Measures this process.", Hidden = true };
        var command = new System.CommandLine.Command("memory", "Peak memory of a search step against the per-edge form of the paper's code.") { batch, channels, cells, size, form };
        command.SetAction(parsed =>
        {
            string[] shape = ["--batch", $"{parsed.GetValue(batch)}", "--channels", $"{parsed.GetValue(channels)}", "--cells", $"{parsed.GetValue(cells)}", "--size", $"{parsed.GetValue(size)}"];
            if (parsed.GetValue(form) is { } measured)
                RunHere(parsed.GetValue(channels), parsed.GetValue(cells), parsed.GetValue(batch), parsed.GetValue(size), measured);
            else
                Compare(shape);
        });
        return command;
    }

    private static void Compare(string[] shape)
    {
        long perEdge = RunChild([.. shape, "--form", PerEdge]), kernels = RunChild([.. shape, "--form", Kernels]), saving = RunChild([.. shape, "--form", Saving]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{string.Join(' ', shape)}, {Steps} steps: per edge {perEdge / 1e9:F2} GB, kernels {kernels / 1e9:F2} GB, with MemorySaving {saving / 1e9:F2} GB (whole process, libraries included)"));
        Console.WriteLine(JsonSerializer.Serialize(new { peakRatio = (double)kernels / perEdge, baselinePeakMemoryBytes = perEdge, peakMemoryBytes = kernels, memorySavingPeakRatio = (double)saving / perEdge }));
    }

    private static long RunChild(string[] arguments)
        => long.Parse(MeasuringProcess.LastLine(["memory", .. arguments]), CultureInfo.InvariantCulture);

    private static void RunHere(int channels, int cells, int batch, int size, string form)
    {
        TorchRuntime.EnsureLoaded();
        TorchRuntime.SetThreads(null);
        using (var step = new SearchStep(new SupernetShape { InitialChannels = channels, Layers = cells, Classes = 10 }, form == PerEdge ? CellForm.PerEdge : CellForm.Kernels, form == Saving))
        {
            for (int i = 0; i < Steps; i++)
                step.Run(batch, size);
        }

        Console.WriteLine(Process.GetCurrentProcess().PeakWorkingSet64);
    }
}
