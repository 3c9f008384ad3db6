using Microsoft.ML.PcDarts.Models;

namespace Microsoft.ML.PcDarts.Formats;

/// <summary>Weights in a file that this library or another program wrote: safetensors, or a zip of PyTorch.</summary>
/// <param name="Tensors">The float32 tensors, without what PyTorch's data-parallel wrapper puts before their names. The counters of batches are not needed.</param>
/// <param name="Metadata">Text entries of a safetensors file; else empty.</param>
internal sealed record TensorFile(IReadOnlyDictionary<string, TensorData> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    private const string ParallelPrefix = "module.";

    /// <summary>Reads a file; what it is, its first bytes tell.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or holds something else; the message names it.</exception>
    public static TensorFile Read(string path)
    {
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read))
        {
            if (OnnxModelFile.IsZip(file))
                return new TensorFile(Named(TorchFile.Read(path)), new Dictionary<string, string>());
        }

        SafetensorsFile safetensors = SafetensorsFile.Read(path);
        return new TensorFile(Named(safetensors.Tensors), safetensors.Metadata);
    }

    private static IReadOnlyDictionary<string, TensorData> Named(IReadOnlyDictionary<string, TensorData> tensors)
    {
        Dictionary<string, TensorData> floats = tensors.Where(entry => entry.Value.DType == TensorDType.Float32).ToDictionary();

        // The wrapper names what is inside the network; α and β may lie beside it.
        return floats.Keys.All(name => name.StartsWith(ParallelPrefix, StringComparison.Ordinal) || ArchitectureValues.Names.Contains(name))
            ? floats.ToDictionary(entry => entry.Key.StartsWith(ParallelPrefix, StringComparison.Ordinal) ? entry.Key[ParallelPrefix.Length..] : entry.Key, entry => entry.Value, StringComparer.Ordinal)
            : floats;
    }
}
