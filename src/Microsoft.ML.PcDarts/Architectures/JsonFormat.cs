using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>
/// How records are written as JSON, in models and in workspaces: camel case, enumerations by name, genotypes in their own form. Members
/// that are missing, repeated or null where they must not be are refused.
/// </summary>
internal static class JsonFormat
{
    public static JsonSerializerOptions Compact { get; } = Create();

    public static JsonSerializerOptions Indented { get; } = Create(indented: true);

    /// <summary>For reading what this version wrote: an unknown member is damage too.</summary>
    public static JsonSerializerOptions Strict { get; } = Create(unknown: JsonUnmappedMemberHandling.Disallow);

    private static JsonSerializerOptions Create(bool indented = false, JsonUnmappedMemberHandling unknown = JsonUnmappedMemberHandling.Skip)
        => new()
        {
            WriteIndented = indented,
            UnmappedMemberHandling = unknown,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            AllowDuplicateProperties = false,
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false), new GenotypeConverter() },
        };

    private sealed class GenotypeConverter : JsonConverter<Genotype>
    {
        public override Genotype Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            try
            {
                return Genotype.FromJson(document.RootElement.GetRawText());
            }
            catch (GenotypeFormatException damage)
            {
                throw new JsonException(damage.Message, damage);
            }
        }

        public override void Write(Utf8JsonWriter writer, Genotype value, JsonSerializerOptions options)
            => writer.WriteRawValue(value.ToJson());
    }
}
