using System.Text.Json;

namespace Microsoft.ML.PcDarts;

/// <summary>The entries that travel in the ONNX metadata of a model, all of them JSON.</summary>
internal static class ModelMetadata
{
    public const string Genotype = "pcdarts.genotype";
    public const string ClassNames = "pcdarts.class_names";
    public const string Shape = "pcdarts.shape";
    public const string Mean = "pcdarts.mean";
    public const string Std = "pcdarts.std";
    public const string History = "pcdarts.history";
    public const string Versions = "pcdarts.versions";

    public static IEnumerable<KeyValuePair<string, string>> Write(DiscoveredModel model) =>
    [
        new(Genotype, model.Genotype.ToJson()),
        new(ClassNames, JsonSerializer.Serialize(model.ClassNames, JsonFormat.Compact)),
        new(Shape, JsonSerializer.Serialize(model.Shape, JsonFormat.Compact)),
        new(Mean, JsonSerializer.Serialize(model.Mean, JsonFormat.Compact)),
        new(Std, JsonSerializer.Serialize(model.Std, JsonFormat.Compact)),
        new(History, JsonSerializer.Serialize(model.History, JsonFormat.Compact)),
        new(Versions, JsonSerializer.Serialize(LibraryVersions(), JsonFormat.Compact)),
    ];

    /// <exception cref="InvalidDataException">The entry is missing or damaged.</exception>
    public static T Read<T>(IReadOnlyDictionary<string, string> metadata, string key)
        where T : class
    {
        if (!metadata.TryGetValue(key, out string? json))
            throw new InvalidDataException($"its metadata lack '{key}'");
        try
        {
            return JsonSerializer.Deserialize<T>(json, JsonFormat.Compact) ?? throw new InvalidDataException($"its metadata entry '{key}' is null");
        }
        catch (Exception exception) when (exception is JsonException or GenotypeFormatException)
        {
            throw new InvalidDataException($"its metadata entry '{key}' is damaged: {exception.Message}", exception);
        }
    }

    public static Dictionary<string, string> LibraryVersions() => new[]
    {
        typeof(ModelMetadata), typeof(MLContext), typeof(OnnxRuntime.InferenceSession), typeof(TorchSharp.torch),
    }.Select(t => t.Assembly.GetName()).ToDictionary(a => a.Name!, a => a.Version!.ToString());
}
