using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Optimizers;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Final;

internal sealed partial class NetworkTrainer
{
    /// <summary>Passes over the pictures below which a smaller network, trained for longer, beats a larger one.</summary>
    internal const int MinimumPasses = 16;

    private const int MaximumMeasuredBatch = 48;

    /// <summary>The largest network that the time allows to be trained for <see cref="MinimumPasses"/> passes, or the smallest candidate.</summary>
    /// <param name="run">The run.</param>
    /// <param name="loader">Makes batches from row indices.</param>
    /// <param name="rows">Rows to train on.</param>
    /// <param name="genotype">The architecture.</param>
    /// <param name="wanted">The shape that the options ask for: the largest candidate.</param>
    public static NetworkShape FitToTime(RunContext run, BatchLoader loader, int[] rows, Genotype genotype, NetworkShape wanted)
    {
        double passes = Math.Min(MinimumPasses, run.Options.Epochs);
        NetworkShape[] candidates = [.. Smaller(wanted)];
        foreach (NetworkShape shape in candidates)
        {
            using var trainer = new NetworkTrainer(run, loader, rows, null, genotype, shape);
            double meanCost = Enumerable.Range(0, run.Options.Epochs).Average(epoch => trainer.Cost(epoch, run.Options.Epochs));
            double secondsPerPass = trainer.MeasureSecondsPerImage(run.Options.BatchSize) * meanCost * rows.Length;
            double affordable = run.SecondsLeft!.Value / secondsPerPass;
            run.Info(string.Create(CultureInfo.InvariantCulture,
                $"Network of {shape.InitialChannels} channels and {shape.Layers} cells: {affordable:F1} passes over {rows.Length} pictures fit into the time."));
            if (affordable >= passes)
                return shape;
        }

        return candidates[^1];
    }

    /// <summary>The wanted shape, then fewer cells, then fewer channels.</summary>
    private static IEnumerable<NetworkShape> Smaller(NetworkShape wanted)
    {
        yield return wanted;
        int layers = Math.Max(Math.Min(wanted.Layers, 3), (wanted.Layers * 5 + 7) / 8);
        if (layers < wanted.Layers)
            yield return wanted with { Layers = layers };
        // Even, because the ImageNet stem halves them.
        foreach (int channels in (int[])[wanted.InitialChannels * 3 / 4 & ~1, wanted.InitialChannels / 2 & ~1])
        {
            if (channels >= 8)
                yield return wanted with { Layers = layers, InitialChannels = channels };
        }
    }

    /// <summary>
    /// Measures steps on a network that is thrown away, so that measuring changes no result: those of the full size, and what a step costs at each smaller size, which is
    /// not simply its share of the pixels.
    /// </summary>
    private double MeasureSecondsPerImage(int batchSize)
    {
        long[] rows = [.. _rows.Take(Math.Min(batchSize, MaximumMeasuredBatch)).Select(row => (long)row)];
        var whole = Stopwatch.StartNew();
        double? allowed = _run.SecondsLeft / 100;
        using var probe = new NetworkTrainer(_run, _loader, _rows, null, _network.Genotype, _network.Shape);
        probe._network.train(!_run.Options.FreezeBackbone);
        double full = Best(FullSize, RecordedStep.RunsToMeasure);
        foreach ((int Height, int Width) size in _run.Options.ProgressiveResizing ? ResizingSchedule.Sizes(FullSize) : [])
        {
            if (size != FullSize && !TimeIsUp())
                _costs[size] = Math.Min(1, Best(size, RecordedStep.RunsToMeasure) / full);
        }

        random.manual_seed(_run.Seed);
        return full;

        bool TimeIsUp() => whole.Elapsed.TotalSeconds > allowed;

        double Best((int Height, int Width) size, int repeats)
        {
            double best = double.PositiveInfinity;
            for (int repeat = 0; repeat < repeats && (repeat == 0 || !TimeIsUp()); repeat++)
            {
                using DisposeScope scope = NewDisposeScope();
                var clock = Stopwatch.StartNew();
                (Tensor images, Tensor labels) = _loader.LoadAugmented(rows, draw: 0);
                Tensor logits = probe._stepper.Step(ResizingSchedule.Apply(images, size), labels, _run.Options.LearningRate, dropPath: 0);
                logits.sum().item<float>(); // waits for the device
                best = Math.Min(best, clock.Elapsed.TotalSeconds / images.shape[0]);
                _run.ThrowIfCancelled();
            }

            return best;
        }
    }
}
