using System.Globalization;

namespace Microsoft.ML.PcDarts.Formats;

/// <summary>The limits on the tensors of a network, whoever wrote their file.</summary>
internal static class TensorChecks
{
    private const string VarianceSuffix = ".running_var";

    /// <summary>Checks that no tensor is empty, all floats are finite, and variances not negative.</summary>
    /// <exception cref="InvalidDataException">It is not so; the message names tensor and place and has no subject.</exception>
    public static void CheckNetwork(IReadOnlyDictionary<string, TensorData> tensors)
    {
        foreach ((string name, TensorData tensor) in tensors)
        {
            if (tensor.Count == 0)
                throw new InvalidDataException($"its '{name}' of shape [{string.Join(", ", tensor.Shape)}] has no values, "
                    + "and no tensor of a network is empty");
            if (tensor.DType != TensorDType.Float32)
                continue;
            CheckFinite(name, tensor.Floats, tensor.Shape);
            if (name.EndsWith(VarianceSuffix, StringComparison.Ordinal)
                && Array.FindIndex(tensor.Floats, value => value < 0) is >= 0 and var at)
                throw new InvalidDataException($"its '{name}' holds {Text(tensor.Floats[at])} at {Place(at, tensor.Shape)}; "
                    + "a variance is 0 or more");
        }
    }

    /// <summary>Checks that all values are finite.</summary>
    /// <param name="name">What the message calls the tensor.</param>
    /// <param name="values">Row-major.</param>
    /// <param name="shape">The dimensions.</param>
    /// <exception cref="InvalidDataException">One is not; the message names tensor and place and has no subject.</exception>
    public static void CheckFinite(string name, ReadOnlySpan<float> values, IReadOnlyList<long> shape)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                throw new InvalidDataException($"its '{name}' holds {Text(values[i])} at {Place(i, shape)}; weights are finite numbers, "
                    + "and a training that diverged leaves others");
        }
    }

    private static string Text(float value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Place(long at, IReadOnlyList<long> shape)
    {
        long[] index = new long[shape.Count];
        for (int d = index.Length - 1; d >= 0; d--)
            (at, index[d]) = Math.DivRem(at, Math.Max(1, shape[d]));
        return $"[{string.Join(", ", index)}]";
    }
}
