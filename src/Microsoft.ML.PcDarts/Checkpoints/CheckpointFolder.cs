using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.PcDarts;

/// <summary>
/// The checkpoints of a workspace: for each a safetensors file and a JSON file with the rest of the state and the SHA-256 of both. The JSON file is written last, so a checkpoint without it
/// does not count, and the last two are kept, so a damaged one costs the time between them.
/// </summary>
internal sealed class CheckpointFolder(string path)
{
    private const int Version = 1;
    private const int Kept = 2;

    /// <summary>The newest checkpoint that is whole, or null when there is none at all.</summary>
    /// <param name="warn">Told about damaged ones.</param>
    /// <exception cref="InvalidDataException">There are checkpoints, but none is whole.</exception>
    public Checkpoint? Newest(Action<string> warn)
    {
        int[] numbers = [.. Numbers().OrderDescending()];
        foreach (int number in numbers)
        {
            try
            {
                return Read(number);
            }
            catch (Exception damage) when (damage is InvalidDataException or JsonException or GenotypeFormatException or FileNotFoundException)
            {
                warn($"The checkpoint {JsonFile(number)} is damaged and left out: {damage.Message}");
            }
        }

        return numbers.Length == 0 ? null : throw new InvalidDataException(
            $"None of the checkpoints in '{path}' is whole. Delete the workspace to start anew, or restore the folder from a backup.");
    }

    /// <summary>Writes a checkpoint and deletes all but the last two.</summary>
    public void Write(Checkpoint checkpoint)
    {
        Directory.CreateDirectory(path);
        int number = Numbers().DefaultIfEmpty(0).Max() + 1;
        SafetensorsFile.Write(TensorFile(number), checkpoint.Tensors);
        string state = JsonSerializer.Serialize(checkpoint.State, JsonFormat.Compact), tensorHash = HashOf(TensorFile(number));
        AtomicFile.Write(JsonFile(number), file =>
        {
            using var json = new Utf8JsonWriter(file);
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("tensorsSha256", tensorHash);
            json.WriteString("stateSha256", HashOf(Encoding.UTF8.GetBytes(state)));
            json.WritePropertyName("state");
            json.WriteRawValue(state);
            json.WriteEndObject();
        });
        foreach (int old in Numbers().OrderDescending().Skip(Kept))
        {
            File.Delete(JsonFile(old));
            File.Delete(TensorFile(old));
        }
    }

    private Checkpoint Read(int number)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(JsonFile(number)));
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("version", out JsonElement version) || !root.TryGetProperty("state", out JsonElement state)
            || !root.TryGetProperty("stateSha256", out JsonElement stateHash) || !root.TryGetProperty("tensorsSha256", out JsonElement tensorsHash))
        {
            throw new InvalidDataException("it lacks version, state, stateSha256 or tensorsSha256.");
        }

        if (version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out int format) || format != Version)
            throw new InvalidDataException($"its version is not {Version}, which this library reads.");
        byte[] text = JsonMarshal.GetRawUtf8Value(state).ToArray();
        if (!Is(stateHash, HashOf(text)))
            throw new InvalidDataException("its state does not match its checksum.");
        if (!Is(tensorsHash, HashOf(TensorFile(number))))
            throw new InvalidDataException($"{TensorFile(number)} does not match its checksum.");
        RunState read = JsonSerializer.Deserialize<RunState>(text, JsonFormat.Compact) ?? throw new InvalidDataException("its state is null.");
        return new Checkpoint(read, SafetensorsFile.Read(TensorFile(number)).Tensors);

        static bool Is(JsonElement element, string hash) => element.ValueKind == JsonValueKind.String && element.ValueEquals(hash);
    }

    private IEnumerable<int> Numbers() => !Directory.Exists(path) ? [] : Directory.EnumerateFiles(path, "*.json")
        .Select(file => int.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1)
        .Where(number => number >= 0);

    private string JsonFile(int number) => Path.Combine(path, Name(number) + ".json");

    private string TensorFile(int number) => Path.Combine(path, Name(number) + ".safetensors");

    private static string Name(int number) => number.ToString("D6", CultureInfo.InvariantCulture);

    private static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static string HashOf(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
