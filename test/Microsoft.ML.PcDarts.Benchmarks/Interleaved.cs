using System.Diagnostics;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>Times of several ways to do the same work, taken in turns, so that a slow minute of the machine meets all of them.</summary>
internal static class Interleaved
{
    /// <summary>Runs each way once to warm up, then <paramref name="rounds"/> times in turns.</summary>
    /// <returns>For each way its times in seconds, in the order of the rounds.</returns>
    public static double[][] Time(int rounds, params Action[] ways) => Time(warmUp: 1, rounds, ways);

    /// <inheritdoc cref="Time(int, Action[])"/>
    /// <param name="warmUp">Rounds that are not measured.</param>
    /// <param name="rounds">Rounds that are.</param>
    /// <param name="ways">What takes turns.</param>
    public static double[][] Time(int warmUp, int rounds, Action[] ways)
    {
        double[][] seconds = [.. ways.Select(_ => new double[rounds])];
        for (int round = -warmUp; round < rounds; round++)
        {
            for (int way = 0; way < ways.Length; way++)
            {
                var clock = Stopwatch.StartNew();
                ways[way]();
                if (round >= 0)
                    seconds[way][round] = clock.Elapsed.TotalSeconds;
            }
        }

        return seconds;
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The median of baseline / candidate over the rounds.</summary>
    public static double Ratio(double[] baseline, double[] candidate) => Median(baseline.Zip(candidate, (slow, fast) => slow / fast));
}
