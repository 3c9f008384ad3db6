using System.Diagnostics;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Torch;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>The setting at which a step of the search or of the training is measured.</summary>
/// <param name="Training">A training step of the published network; otherwise a search step, of the architecture and of the
/// weights.</param>
/// <param name="Batch">Pictures a step.</param>
/// <param name="Channels">Initial channels C.</param>
/// <param name="Cells">Number of cells.</param>
/// <param name="Side">Side of the pictures in pixels.</param>
/// <param name="Classes">Number of classes; a training step always has 10.</param>
internal sealed record ScalingSetting(bool Training, int Batch = 64, int Channels = 16, int Cells = 8, int Side = 32, int Classes = 10)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3), Enough = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Steps of this setting in this process: as many as a few seconds hold, after some that warm up. The peak is the whole process's.
    /// </summary>
    public ScalingMeasurement Measure()
    {
        TorchRuntime.EnsureLoaded();
        TorchRuntime.SetThreads(null);
        if (Training)
        {
            using var training = new TrainStep(Channels, Cells, Side, StepDevice.Cpu, useKernels: true);
            return Time(() => training.Run(Batch));
        }
        using var search = new SearchStep(new SupernetShape { InitialChannels = Channels, Layers = Cells, Classes = Classes },
            CellForm.Kernels, StepDevice.Cpu);
        return Time(() => search.Run(Batch, Side));
    }

    private static ScalingMeasurement Time(Action step)
    {
        // The first steps compile code and take memory from the system, which later ones find ready.
        _ = Repeat(step, least: 2, WarmUp);
        List<double> seconds = Repeat(step, least: 3, Enough);
        return new ScalingMeasurement(Interleaved.Median(seconds), seconds.Count, Process.GetCurrentProcess().PeakWorkingSet64);
    }

    private static List<double> Repeat(Action step, int least, TimeSpan enough)
    {
        List<double> seconds = [];
        var whole = Stopwatch.StartNew();
        while (seconds.Count < least || whole.Elapsed < enough)
        {
            var clock = Stopwatch.StartNew();
            step();
            seconds.Add(clock.Elapsed.TotalSeconds);
        }
        return seconds;
    }
}

/// <summary>The cost of a setting.</summary>
/// <param name="Seconds">Median time of a step.</param>
/// <param name="Steps">Measured steps.</param>
/// <param name="PeakMemoryBytes">Peak resident memory of the process.</param>
internal sealed record ScalingMeasurement(double Seconds, int Steps, long PeakMemoryBytes);

/// <summary>Costs along one of the settings while the others stay at their defaults.</summary>
/// <param name="Training">Training steps; otherwise search steps.</param>
/// <param name="Varied">Name of the setting.</param>
/// <param name="Values">Its values, ascending.</param>
/// <param name="Seconds">Median time of a step at each value.</param>
/// <param name="ImagesPerSecond">Pictures a second at each value.</param>
/// <param name="PeakMemoryBytes">Peak resident memory of a process at each value.</param>
internal sealed record ScalingSeries(bool Training, string Varied, int[] Values, double[] Seconds, double[] ImagesPerSecond,
    long[] PeakMemoryBytes)
{
    /// <summary>The faster of two runs at each value, since other work can only slow one down; of peaks, the higher.</summary>
    public ScalingSeries Faster(ScalingSeries again) => this with
    {
        Seconds = [.. Seconds.Zip(again.Seconds, Math.Min)],
        ImagesPerSecond = [.. ImagesPerSecond.Zip(again.ImagesPerSecond, Math.Max)],
        PeakMemoryBytes = [.. PeakMemoryBytes.Zip(again.PeakMemoryBytes, Math.Max)],
    };
}
