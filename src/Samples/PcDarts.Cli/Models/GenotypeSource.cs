using Microsoft.ML.PcDarts;

namespace PcDarts.Cli.Models;

/// <summary>
/// Finds a genotype by a published name or in a file: JSON, Python notation, model.zip, model.onnx, or α and β of a search.
/// </summary>
internal static class GenotypeSource
{
    public static Genotype Resolve(string nameOrFile)
    {
        if (KnownGenotypes.All.TryGetValue(nameOrFile, out Genotype? known))
            return known;
        if (Directory.Exists(nameOrFile))
            return PcDartsModelInfo.Read(ModelPath.Of(nameOrFile)).Genotype;
        if (!File.Exists(nameOrFile))
            throw new UserException($"'{nameOrFile}' is neither a file nor a published genotype; "
                + $"the published ones are {string.Join(", ", KnownGenotypes.All.Keys)}.");
        return IsModel(nameOrFile) ? PcDartsModelInfo.Read(nameOrFile).Genotype
            : IsSearch(nameOrFile) ? ArchitectureValues.Load(nameOrFile).Decode()
            : Genotype.Load(nameOrFile);
    }

    public static bool IsModel(string path) =>
        File.Exists(path) && Path.GetExtension(path).ToUpperInvariant() is ".ZIP" or ".ONNX";

    private static bool IsSearch(string path) => Path.GetExtension(path).ToUpperInvariant() is ".SAFETENSORS" or ".PTH" or ".PT" or ".TAR";
}
