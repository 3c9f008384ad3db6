using System.Diagnostics;

namespace Microsoft.ML.PcDarts.Benchmarks;

internal static unsafe class KernelsBenchmark
{
    public static void Run()
    {
        foreach ((int size, int channels) in new[] { (32, 16), (16, 32), (8, 64) })
        {
            PlaneShape shape = new(size, size);
            float[] memory = CellMemory.Allocate(40_000_000);
            Array.Fill(memory, 0.01f);
            float* tile = CellMemory.Aligned(memory);
            float* maps = tile + channels * shape.TileSize;
            float* outs = maps + channels * shape.ScratchSize;
            float* w = outs + channels * shape.ScratchSize;
            float* g = w + channels * channels * 9;
            foreach (int kernel in new[] { 3, 5 })
            {
                Taps taps = new(kernel, 1, 1, shape);
                Time($"sum {kernel}x{kernel}", (double)channels * shape.Pixels * kernel * kernel, () =>
                {
                    for (int c = 0; c < channels; c++)
                        TapConvolution.Sum(tile + c * shape.TileSize + shape.TileOrigin, taps.Forward, w, taps.Count, maps + c * shape.ScratchSize, shape.Stride, shape.Height, false);
                });
                Time($"correlate {kernel}x{kernel}", (double)channels * shape.Pixels * kernel * kernel, () =>
                {
                    for (int c = 0; c < channels; c++)
                        TapConvolution.Correlate(tile + c * shape.TileSize + shape.TileOrigin, taps.Forward, taps.Count, tile + shape.TileOrigin, shape.Stride, shape.Height, w);
                });
            }

            Time("multiply", (double)channels * channels * shape.Pixels, () => Pointwise.Multiply(w, channels, channels, maps, shape.ScratchSize, outs, shape.Size, shape.Size));
            Time("outer", (double)channels * channels * shape.Pixels, () => Pointwise.Outer(outs, shape.ScratchSize, channels, maps, shape.ScratchSize, channels, shape.Size, g));
            Time("fill (px)", (double)channels * shape.Pixels, () =>
            {
                for (int c = 0; c < channels; c++)
                    Tiles.Fill(maps + c * shape.ScratchSize, shape, tile + c * shape.TileSize, rectify: true);
            });
            Time("moments (px)", (double)channels * shape.Pixels, () =>
            {
                for (int c = 0; c < channels; c++)
                    Planes.Moments(maps + c * shape.ScratchSize, shape);
            });

            void Time(string what, double work, Action action)
            {
                for (int i = 0; i < 300; i++)
                    action();
                Thread.Sleep(150);
                for (int i = 0; i < 300; i++)
                    action();
                double best = double.MaxValue;
                for (int round = 0; round < 20; round++)
                {
                    long start = Stopwatch.GetTimestamp();
                    for (int i = 0; i < 50; i++)
                        action();
                    best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds / 50);
                }

                Console.WriteLine($"{size}x{size} C={channels} {what}: {work / best / 1e9:F1} G/s, {best * 1e6:F1} us");
            }
        }
    }
}
