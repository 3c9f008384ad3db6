using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

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

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(), new GenotypeConverter() },
    };

    public static IEnumerable<KeyValuePair<string, string>> Write(DiscoveredModel model) =>
    [
        new(Genotype, model.Genotype.ToJson()),
        new(ClassNames, JsonSerializer.Serialize(model.ClassNames, Format)),
        new(Shape, JsonSerializer.Serialize(model.Shape, Format)),
        new(Mean, JsonSerializer.Serialize(model.Mean, Format)),
        new(Std, JsonSerializer.Serialize(model.Std, Format)),
        new(History, JsonSerializer.Serialize(model.History, Format)),
        new(Versions, JsonSerializer.Serialize(LibraryVersions(), Format)),
    ];

    /// <exception cref="InvalidDataException">The entry is missing or damaged.</exception>
    public static T Read<T>(IReadOnlyDictionary<string, string> metadata, string key)
        where T : class
    {
        if (!metadata.TryGetValue(key, out string? json))
            throw new InvalidDataException($"its metadata lack '{key}'");
        try
        {
            return JsonSerializer.Deserialize<T>(json, Format) ?? throw new InvalidDataException($"its metadata entry '{key}' is null");
        }
        catch (Exception exception) when (exception is JsonException or GenotypeFormatException)
        {
            throw new InvalidDataException($"its metadata entry '{key}' is damaged: {exception.Message}", exception);
        }
    }

    private static Dictionary<string, string> LibraryVersions() => new[]
    {
        typeof(ModelMetadata), typeof(MLContext), typeof(OnnxRuntime.InferenceSession), typeof(TorchSharp.torch),
    }.Select(t => t.Assembly.GetName()).ToDictionary(a => a.Name!, a => a.Version!.ToString());

    private sealed class GenotypeConverter : JsonConverter<Genotype>
    {
        public override Genotype Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            return PcDarts.Genotype.FromJson(document.RootElement.GetRawText());
        }

        public override void Write(Utf8JsonWriter writer, Genotype value, JsonSerializerOptions options) => writer.WriteRawValue(value.ToJson());
    }
}
