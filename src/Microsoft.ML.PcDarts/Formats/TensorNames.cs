namespace Microsoft.ML.PcDarts.Formats;

/// <summary>Names of tensors in a file.</summary>
internal static class TensorNames
{
    /// <summary>The tensors whose names begin with a prefix, under their names without it.</summary>
    public static IReadOnlyDictionary<string, TensorData> WithPrefix(IReadOnlyDictionary<string, TensorData> tensors, string prefix)
        => tensors.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key[prefix.Length..], entry => entry.Value, StringComparer.Ordinal);
}
