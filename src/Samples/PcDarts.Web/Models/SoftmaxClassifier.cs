using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace PcDarts.Web.Models;

/// <summary>ML.NET's linear classifier on plain arrays: softmax(W·x + b).</summary>
internal sealed class SoftmaxClassifier
{
    private readonly float[][] _weights;
    private readonly float[] _biases;

    public SoftmaxClassifier(MaximumEntropyModelParameters parameters)
    {
        VBuffer<float>[] weights = [];
        parameters.GetWeights(ref weights, out _);
        _weights = [.. weights.Select(row => row.DenseValues().ToArray())];
        _biases = [.. parameters.GetBiases()];
    }

    public int Classes => _biases.Length;

    public int Features => _weights[0].Length;

    /// <summary>The classes' probabilities.</summary>
    public float[] Probabilities(ReadOnlySpan<float> features)
    {
        float[] values = new float[Classes];
        for (int c = 0; c < values.Length; c++)
        {
            float sum = _biases[c];
            float[] row = _weights[c];
            for (int f = 0; f < row.Length; f++)
                sum += row[f] * features[f];
            values[c] = sum;
        }
        float largest = values.Max(), total = 0;
        for (int c = 0; c < values.Length; c++)
            total += values[c] = MathF.Exp(values[c] - largest);
        for (int c = 0; c < values.Length; c++)
            values[c] /= total;
        return values;
    }
}
