using Microsoft.ML.PcDarts;

namespace PcDarts.Cli.Models;

/// <summary>Finds a genotype by a published name or in a file: JSON, Python notation, model.zip or model.onnx.</summary>
internal static class GenotypeSource
{
    public static Genotype Resolve(string nameOrFile)
    {
        if (KnownGenotypes.All.TryGetValue(nameOrFile, out Genotype? known))
            return known;
        if (!File.Exists(nameOrFile))
            throw new UserException($"'{nameOrFile}' is neither a file nor a published genotype; the published ones are {string.Join(", ", KnownGenotypes.All.Keys)}.");
        return IsModel(nameOrFile) ? PcDartsModelInfo.Read(nameOrFile).Genotype : Genotype.Load(nameOrFile);
    }

    public static bool IsModel(string path) =>
        File.Exists(path) && Path.GetExtension(path).ToUpperInvariant() is ".ZIP" or ".ONNX";
}
