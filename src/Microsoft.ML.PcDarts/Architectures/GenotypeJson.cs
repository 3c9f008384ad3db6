using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>The JSON form of a <see cref="Genotype"/>.</summary>
internal static class GenotypeJson
{
    private const string Checksum = "sha256";
    private static readonly string[] Members = ["normal", "normal_concat", "reduce", "reduce_concat"];

    public static string Write(Genotype genotype)
    {
        var json = new StringBuilder("{");
        Edges("normal", genotype.Normal);
        Concat("normal_concat", genotype.NormalConcat);
        Edges("reduce", genotype.Reduce);
        Concat("reduce_concat", genotype.ReduceConcat);
        json[^1] = '}';
        return json.ToString();

        // Names of operations are plain ASCII, so nothing needs escaping.
        void Edges(string name, IReadOnlyList<GenotypeEdge> edges) => json.Append(CultureInfo.InvariantCulture,
            $"\"{name}\":[{string.Join(',', edges.Select(e => $"[\"{e.Operation.Name()}\",{e.Input}]"))}],");
        void Concat(string name, IReadOnlyList<int> states) => json.Append(CultureInfo.InvariantCulture,
            $"\"{name}\":[{string.Join(',', states)}],");
    }

    public static string WithChecksum(Genotype genotype) => $"{Write(genotype)[..^1]},\"{Checksum}\":\"{genotype.Sha256()}\"}}";

    public static Genotype Read(string json)
    {
        Genotype.CheckText(json);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            Dictionary<string, JsonElement> members = ReadMembers(document.RootElement);
            var genotype = new Genotype(
                ReadEdges("normal", members),
                ReadConcat("normal_concat", members),
                ReadEdges("reduce", members),
                ReadConcat("reduce_concat", members));
            if (members.TryGetValue(Checksum, out JsonElement checksum)
                && (checksum.ValueKind != JsonValueKind.String || !checksum.ValueEquals(genotype.Sha256())))
            {
                throw new GenotypeFormatException(
                    $"The genotype does not match its {Checksum}: the text was damaged or edited. Remove the "
                        + $"member \"{Checksum}\" if the edit is meant.");
            }

            return genotype;
        }
        catch (JsonException exception)
        {
            throw new GenotypeFormatException($"The genotype is not one JSON value: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // What System.Text.Json throws for lone surrogates, escaped or not.
            throw new GenotypeFormatException("The genotype holds text that is not Unicode.", exception);
        }
    }

    private static Dictionary<string, JsonElement> ReadMembers(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new GenotypeFormatException(
                $"The genotype must be a JSON object with {string.Join(", ", Members)}; it is {Shorten(root)}.");
        }

        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Name != Checksum && !Members.Contains(property.Name, StringComparer.Ordinal))
                throw new GenotypeFormatException($"Member \"{property.Name}\" is unknown; allowed are {string.Join(", ", Members)}.");
            if (!members.TryAdd(property.Name, property.Value))
                throw new GenotypeFormatException($"Member \"{property.Name}\" appears twice; each may appear once.");
        }
        return members;
    }

    private static GenotypeEdge[] ReadEdges(string name, Dictionary<string, JsonElement> members) =>
        [.. Array(name, members).Select((edge, index) => ReadEdge(edge, $"{name} edge {index}"))];

    private static GenotypeEdge ReadEdge(JsonElement edge, string place)
    {
        if (edge.ValueKind != JsonValueKind.Array || edge.GetArrayLength() != 2 || edge[0].ValueKind != JsonValueKind.String
            || edge[1].ValueKind != JsonValueKind.Number || !edge[1].TryGetInt32(out int input))
        {
            throw new GenotypeFormatException(
                $"{place} is {Shorten(edge)}; it must be [\"operation\", input], such as [\"sep_conv_3x3\", 1].");
        }
        return new GenotypeEdge(ParseOperation(edge[0].GetString()!, place), input);
    }

    /// <summary>As <see cref="PrimitiveNames.Parse"/>, with the place in the message.</summary>
    public static Primitive ParseOperation(string name, string place)
    {
        try
        {
            return PrimitiveNames.Parse(name);
        }
        catch (GenotypeFormatException exception)
        {
            throw new GenotypeFormatException($"{place}: {exception.Message}", exception);
        }
    }

    private static int[] ReadConcat(string name, Dictionary<string, JsonElement> members) => [.. Array(name, members).Select(state =>
        state.ValueKind == JsonValueKind.Number && state.TryGetInt32(out int value)
            ? value
            : throw new GenotypeFormatException($"{name} holds {Shorten(state)}; allowed are whole numbers."))];

    private static JsonElement.ArrayEnumerator Array(string name, Dictionary<string, JsonElement> members)
    {
        if (!members.TryGetValue(name, out JsonElement value))
            throw new GenotypeFormatException($"Member \"{name}\" is missing; needed are {string.Join(", ", Members)}.");
        return value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray()
            : throw new GenotypeFormatException($"{name} is {Shorten(value)}; it must be a list.");
    }

    private static string Shorten(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 57), "...");
    }
}
