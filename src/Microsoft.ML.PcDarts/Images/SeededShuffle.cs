namespace Microsoft.ML.PcDarts.Images;

/// <summary>Shuffles that depend on two numbers only, so that any of them can be made again at any time.</summary>
internal static class SeededShuffle
{
    /// <summary>Shuffles <paramref name="items"/> in place (Fisher–Yates) and returns it.</summary>
    /// <param name="items">What to shuffle.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="stream">Which of the run's shuffles this is: an epoch, a class.</param>
    public static T[] Of<T>(T[] items, int seed, int stream)
    {
        new Random(Mix(seed, stream)).Shuffle(items);
        return items;
    }

    /// <summary>One well-spread seed out of two numbers that are often small and close together (the finisher of SplitMix64).</summary>
    public static int Mix(int seed, int stream)
    {
        ulong z = ((ulong)(uint)seed << 32 | (uint)stream) + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)((z ^ (z >> 31)) & int.MaxValue);
    }
}
