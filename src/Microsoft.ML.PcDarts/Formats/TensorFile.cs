using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Formats;

/// <summary>Weights in a file that this library or another program wrote: safetensors, or a zip of PyTorch.</summary>
/// <param name="Tensors">The float32 tensors, without what PyTorch's data-parallel wrapper puts before their names. The counters of batches
/// are not needed.</param>
/// <param name="Metadata">Text entries of a safetensors file; else empty.</param>
internal sealed record TensorFile(IReadOnlyDictionary<string, TensorData> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    private const string ParallelPrefix = "module.";

    /// <summary>Reads a file, whose kind its first bytes tell.</summary>
    /// <param name="path">The file.</param>
    /// <param name="beside">Names of tensors that are not the network's own and may lie beside its state dict, such as α and β.</param>
    /// <exception cref="InvalidDataException">The file is damaged or holds something else; the message names it.</exception>
    public static TensorFile Read(string path, IReadOnlyCollection<string> beside)
    {
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read))
        {
            if (ArchiveLimits.IsZip(file))
                return new TensorFile(Named(TorchFile.Read(path, beside), beside), new Dictionary<string, string>());
        }

        SafetensorsFile safetensors = SafetensorsFile.Read(path);
        return new TensorFile(Named(safetensors.Tensors, beside), safetensors.Metadata);
    }

    private static IReadOnlyDictionary<string, TensorData> Named(IReadOnlyDictionary<string, TensorData> tensors,
        IReadOnlyCollection<string> beside)
    {
        Dictionary<string, TensorData> floats = tensors.Where(entry => entry.Value.DType == TensorDType.Float32).ToDictionary();

        // The wrapper names what is inside the network.
        return floats.Keys.All(name => name.StartsWith(ParallelPrefix, StringComparison.Ordinal) || beside.Contains(name))
            ? floats.ToDictionary(entry => Unwrapped(entry.Key), entry => entry.Value, StringComparer.Ordinal)
            : floats;
    }

    private static string Unwrapped(string name)
        => name.StartsWith(ParallelPrefix, StringComparison.Ordinal) ? name[ParallelPrefix.Length..] : name;
}
