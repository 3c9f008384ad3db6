namespace Microsoft.ML.PcDarts.Models;

/// <summary>
/// Batch norm at inference as one factor and one summand a channel, for folding into the bias-free convolutions before it:
/// γ·(W∗x − mean)/√(variance + ε) + β = (s·W)∗x + (β − s·mean) with s = γ/√(variance + ε) and ε = 1e-5.
/// </summary>
internal sealed class BatchNormFolding
{
    private const double Epsilon = 1e-5;

    // Folded in double precision and rounded once, so that a weight differs from the exact product by half a unit in the last place.
    private readonly double[] _scale;
    private readonly double[] _shift;

    /// <param name="gamma">Learned factor, one a channel.</param>
    /// <param name="beta">Learned summand.</param>
    /// <param name="mean">Running mean.</param>
    /// <param name="variance">Running variance.</param>
    public BatchNormFolding(float[] gamma, float[] beta, float[] mean, float[] variance)
    {
        _scale = [.. gamma.Zip(variance, (g, v) => g / Math.Sqrt(v + Epsilon))];
        _shift = [.. beta.Select((b, channel) => b - _scale[channel] * mean[channel])];
    }

    /// <summary>The weight of a convolution that makes the channels from <paramref name="first"/> on, with the norm in it.</summary>
    /// <param name="weight"><c>[outputs, …]</c>; not changed.</param>
    /// <param name="first">Channel of the norm that the convolution's first output is.</param>
    /// <param name="outputs">Number of the convolution's outputs.</param>
    public float[] Weight(float[] weight, int first, int outputs)
    {
        int filter = weight.Length / outputs;
        var folded = new float[weight.Length];
        for (int i = 0; i < weight.Length; i++)
            folded[i] = (float)(weight[i] * _scale[first + i / filter]);
        return folded;
    }

    /// <summary>The bias that comes with it.</summary>
    public float[] Bias(int first, int outputs) => [.. _shift.Skip(first).Take(outputs).Select(shift => (float)shift)];
}
