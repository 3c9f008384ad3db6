namespace Microsoft.ML.PcDarts.Images;

/// <summary>Weights of the classes in the loss, see <see cref="ClassWeighting.Balanced"/>.</summary>
internal static class ClassWeights
{
    /// <summary>How much more a picture of the rarest class weighs at most than one of the commonest.</summary>
    public const float LargestRatio = 10;

    /// <summary>
    /// Weights with which all classes count alike, N / (classes · n), so that the mean over the pictures is 1; where that would
    /// make a picture weigh more than <see cref="LargestRatio"/> times one of the
    /// commonest class, it weighs that much, and all weights are scaled to the same mean.
    /// </summary>
    /// <param name="counts">Pictures of each class; a class without pictures gets the weight 0.</param>
    public static float[] Balanced(ReadOnlySpan<int> counts)
    {
        int pictures = 0, most = 0;
        foreach (int count in counts)
        {
            pictures += count;
            most = Math.Max(most, count);
        }
        float[] weights = new float[counts.Length];
        float least = most == 0 ? 0 : (float)pictures / (weights.Length * (float)most);
        bool capped = false;
        double sum = 0;
        for (int label = 0; label < weights.Length; label++)
        {
            weights[label] = counts[label] == 0 ? 0 : (float)pictures / (weights.Length * (float)counts[label]);
            if (counts[label] > 0 && most > LargestRatio * counts[label])
                (weights[label], capped) = (LargestRatio * least, true);
            sum += (double)weights[label] * counts[label];
        }
        if (capped)
        {
            for (int label = 0; label < weights.Length; label++)
                weights[label] = (float)(weights[label] * pictures / sum);
        }
        return weights;
    }
}
