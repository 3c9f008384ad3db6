using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.PcDarts;

/// <summary>How records are written as JSON, in models and in workspaces: camel case, enumerations by name, genotypes in their own form.</summary>
internal static class JsonFormat
{
    public static JsonSerializerOptions Compact { get; } = Create(indented: false);

    public static JsonSerializerOptions Indented { get; } = Create(indented: true);

    private static JsonSerializerOptions Create(bool indented) => new()
    {
        WriteIndented = indented,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(), new GenotypeConverter() },
    };

    private sealed class GenotypeConverter : JsonConverter<Genotype>
    {
        public override Genotype Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            return Genotype.FromJson(document.RootElement.GetRawText());
        }

        public override void Write(Utf8JsonWriter writer, Genotype value, JsonSerializerOptions options) => writer.WriteRawValue(value.ToJson());
    }
}
