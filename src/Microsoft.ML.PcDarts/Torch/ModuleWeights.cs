using Microsoft.ML.PcDarts.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Torch;

/// <summary>
/// Copies a module's float32 parameters and running statistics to and from managed memory, under the keys of the paper's code.
/// </summary>
internal static class ModuleWeights
{
    /// <summary>Copies of all parameters and running statistics, contiguous in [out, in, kH, kW] order.</summary>
    public static IReadOnlyDictionary<string, TensorData> Export(nn.Module module)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Dictionary<string, TensorData> weights = new(StringComparer.Ordinal);
        foreach ((string key, Tensor tensor) in Entries(module))
            weights.Add(key, Copy(tensor));

        return weights;
    }

    /// <summary>A copy as float32, row-major.</summary>
    public static TensorData Copy(Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor dense = tensor.detach().to(ScalarType.Float32).cpu().contiguous();
        return new TensorData(dense.shape, dense.data<float>().ToArray());
    }

    /// <summary>Overwrites all parameters and running statistics.</summary>
    /// <param name="module">The module to fill.</param>
    /// <param name="weights">One entry for each key of the module; keys that start with <paramref name="optionalPrefix"/> may be
    /// unknown.</param>
    /// <param name="optionalPrefix">Start of the keys that are left out if the module lacks them.</param>
    /// <exception cref="ArgumentException">A key is missing or unknown, or a shape or type differs. Nothing has been written
    /// then.</exception>
    public static void Import(nn.Module module, IReadOnlyDictionary<string, TensorData> weights, string? optionalPrefix = null)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Dictionary<string, Tensor> entries = new(Entries(module), StringComparer.Ordinal);
        foreach ((string key, Tensor tensor) in entries)
        {
            if (!weights.TryGetValue(key, out TensorData? data))
                throw new ArgumentException($"The weights lack '{key}'; they belong to another architecture.", nameof(weights));
            if (data.DType != TensorDType.Float32 || !data.Shape.AsSpan().SequenceEqual(tensor.shape))
            {
                throw new ArgumentException($"Weight '{key}' is {data.DType} [{string.Join(", ", data.Shape)}]; "
                    + $"the network needs Float32 [{string.Join(", ", tensor.shape)}].", nameof(weights));
            }
        }

        string? unknown = weights.Keys.FirstOrDefault(key => !entries.ContainsKey(key)
            && (optionalPrefix is null || !key.StartsWith(optionalPrefix, StringComparison.Ordinal)));
        if (unknown is not null)
            throw new ArgumentException($"The network has no weight '{unknown}'; the weights belong to another architecture.",
                nameof(weights));
        foreach ((string key, Tensor target) in entries)
            target.copy_(tensor(weights[key].Floats, weights[key].Shape));
    }

    // PyTorch's counter of batches is not part of the paper's checkpoints, and nothing reads it.
    private static IEnumerable<KeyValuePair<string, Tensor>> Entries(nn.Module module)
        => module.state_dict().Where(entry => !entry.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal));
}
