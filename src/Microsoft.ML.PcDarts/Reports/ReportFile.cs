using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.PcDarts;

/// <summary>The JSON files of a workspace that hold results. Each has the SHA-256 of its other members, without white space, as its last member.</summary>
internal static class ReportFile
{
    private const string HashName = "sha256";

    public static void Write<T>(string path, T content)
    {
        JsonObject members = JsonSerializer.SerializeToNode(content, JsonFormat.Compact)!.AsObject();
        members[HashName] = HashOf(members);
        byte[] bytes = Encoding.UTF8.GetBytes(members.ToJsonString(JsonFormat.Indented));
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    /// <returns>The content; null if there is no such file.</returns>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static T? Read<T>(string path)
        where T : class
    {
        if (!File.Exists(path))
            return null;
        try
        {
            return Parse<T>(File.ReadAllBytes(path));
        }
        catch (Exception damage) when (damage is JsonException or GenotypeFormatException or InvalidOperationException) // the last of bytes that are not UTF-8
        {
            throw new InvalidDataException($"'{path}' is damaged: {damage.Message.TrimEnd('.')}. Delete the file; it is written again when the run is gone on with or reported on.", damage);
        }
    }

    private static T Parse<T>(byte[] json)
    {
        JsonObject members = JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject ?? throw new JsonException("it is no object");
        if (!members.Remove(HashName, out JsonNode? hash))
            throw new JsonException("it lacks sha256");
        if (hash?.ToJsonString() != $"\"{HashOf(members)}\"")
            throw new JsonException("its content does not match its sha256");
        return members.Deserialize<T>(JsonFormat.Compact)!;
    }

    private static string HashOf(JsonObject members) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(members.ToJsonString(JsonFormat.Compact))));
}
