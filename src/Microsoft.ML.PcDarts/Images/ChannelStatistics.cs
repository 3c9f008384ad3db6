using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>Per-channel mean and standard deviation of a data set, exact, from byte histograms.</summary>
internal static class ChannelStatistics
{
    private const int Chunk = 1024;

    /// <summary>Mean and standard deviation of each channel over the given rows.</summary>
    /// <param name="data">The pictures.</param>
    /// <param name="rows">The training rows; at most <paramref name="maximum"/> of them, evenly spaced, are looked at.</param>
    /// <param name="maximum">Most pictures to look at.</param>
    /// <returns>
    /// <c>[3]</c> each, in 0..1 scale. A channel of one constant value gets the standard deviation 1/255, so that normalizing stays finite.
    /// </returns>
    public static (float[] Mean, float[] Std) Of(ImageDataset data, ReadOnlySpan<int> rows, int maximum = 50_000)
    {
        ArgumentOutOfRangeException.ThrowIfZero(rows.Length, nameof(rows));
        int count = Math.Min(rows.Length, maximum);
        long[] sample = new long[count];
        for (int i = 0; i < count; i++)
            sample[i] = rows[(int)((long)i * rows.Length / count)];

        long channels = data.Images.shape[1];
        long[,] histogram = new long[channels, 256];
        foreach (long[] part in sample.Chunk(Chunk))
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor images = data.Images.index_select(0, torch.tensor(part, dtype: ScalarType.Int64).to(data.Images.device));
            for (int c = 0; c < channels; c++)
            {
                long[] counts = bincount(images.select(1, c).flatten(), minlength: 256).cpu().data<long>().ToArray();
                for (int value = 0; value < 256; value++)
                    histogram[c, value] += counts[value];
            }
        }

        float[] mean = new float[channels];
        float[] std = new float[channels];
        for (int c = 0; c < channels; c++)
            (mean[c], std[c]) = Moments(histogram, c);
        return (mean, std);
    }

    private static (float Mean, float Std) Moments(long[,] histogram, int channel)
    {
        double total = 0;
        double sum = 0;
        double squares = 0;
        for (int value = 0; value < 256; value++)
        {
            double count = histogram[channel, value];
            total += count;
            sum += count * value;
            squares += count * value * value;
        }
        double mean = sum / total;
        double variance = Math.Max(0, (squares / total) - (mean * mean));
        return ((float)(mean / 255), (float)(Math.Max(1, Math.Sqrt(variance)) / 255));
    }
}
