using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Runs;

/// <summary>
/// The JSON files of a workspace that hold one record: description, result, predictions. Each has the SHA-256 of its other members, without
/// white space, as its last member.
/// </summary>
internal static class ReportFile
{
    /// <summary>The longest file that is read: beyond it a file is not one of ours, and would only cost memory.</summary>
    public const int MaximumBytes = 1 << 28;

    private const string HashName = "sha256";
    private const string VersionName = "version";

    /// <returns>The hash that the file ends with.</returns>
    public static string Write<T>(string path, T content)
    {
        JsonObject members = JsonSerializer.SerializeToNode(content, JsonFormat.Compact)!.AsObject();
        string hash = HashOf(members);
        members[HashName] = hash;
        byte[] bytes = Encoding.UTF8.GetBytes(members.ToJsonString(JsonFormat.Indented));
        AtomicFile.Write(path, stream => stream.Write(bytes));
        return hash;
    }

    /// <param name="path">The file.</param>
    /// <param name="check">Throws <see cref="InvalidDataException"/> for content that breaks a rule.</param>
    /// <param name="remedy">Remedy for a damaged file, in a sentence.</param>
    /// <param name="version">The only version of the format that is read; null for files without one.</param>
    /// <returns>The content and the hash that the file ends with; null if there is no such file.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or of another version.</exception>
    public static (T Content, string Sha256)? Read<T>(string path, Action<T> check, string remedy, int? version = null)
        where T : class
    {
        if (!File.Exists(path))
            return null;
        (JsonObject members, int? given) = Named(path, remedy, () => ParseObject(ReadBytes(path)));
        if (version is { } known && given is not null && given != known)
        {
            throw new InvalidDataException(
                $"'{path}' has version {given} of its format, and this version of the library reads version {known}. Use the version of "
                    + $"the library that wrote it.");
        }

        return Named(path, remedy, () =>
        {
            (T content, string hash) = Parse<T>(members);
            check(content);
            return (content, hash);
        });
    }

    private static TResult Named<TResult>(string path, string remedy, Func<TResult> read)
    {
        try
        {
            return read();
        }
        catch (Exception damage) when (damage is JsonException or InvalidDataException
            or InvalidOperationException) // the last of bytes that are not UTF-8
        {
            throw new InvalidDataException($"'{path}' is damaged: {damage.Message.TrimEnd('.')}. {remedy}", damage);
        }
    }

    private static (JsonObject Members, int? Version) ParseObject(byte[] json)
    {
        JsonObject members = JsonNode.Parse(
            json, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject
            ?? throw new JsonException("it is no object");
        return (members, members[VersionName] is JsonValue node && node.TryGetValue(out int version) ? version : null);
    }

    /// <summary>The bytes of a file of a workspace.</summary>
    /// <exception cref="InvalidDataException">There are more than any such file has.</exception>
    public static byte[] ReadBytes(string path)
    {
        using Stream file = Disk.Current.OpenRead(path);
        if (file.Length > MaximumBytes)
            throw new InvalidDataException($"it has {file.Length} bytes, and at most {MaximumBytes} are read");
        byte[] bytes = new byte[file.Length];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    private static (T Content, string Sha256) Parse<T>(JsonObject members)
    {
        if (!members.Remove(HashName, out JsonNode? hash))
            throw new JsonException("it lacks sha256");
        string computed = HashOf(members);
        if (hash?.ToJsonString() != $"\"{computed}\"")
            throw new JsonException("its content does not match its sha256");
        return (members.Deserialize<T>(JsonFormat.Strict)!, computed);
    }

    private static string HashOf(JsonObject members)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(members.ToJsonString(JsonFormat.Compact))));
}
