using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Runs;

/// <summary>
/// The checkpoints of a run: for each a safetensors file and a JSON file with the rest of the state, the SHA-256 of both and that of the
/// run's description. The JSON file is written last, so a checkpoint without it does not count, and the last two are kept, so one that is
/// damaged or cannot be read costs the time between them.
/// </summary>
/// <param name="path">The folder; it need not exist.</param>
/// <param name="runSha256">The <see cref="RunDescription.Sha256"/> of the run that the checkpoints must belong to.</param>
internal sealed partial class CheckpointFolder(string path, string runSha256)
{
    private const int Version = 3;
    private const int Kept = 2;
    private const string Json = ".json", Tensors = ".safetensors";
    private readonly HashSet<int> _leftOut = [];
    private bool _exists;

    /// <summary>The checkpoints in the workspace of a run.</summary>
    public static CheckpointFolder Of(string workspace, RunDescription run)
        => new(Path.Combine(workspace, Workspace.CheckpointsFolder), run.Sha256);

    public bool HasAny => Numbers(Json).Any();

    /// <summary>The newest checkpoint that is whole, or null when there is none at all.</summary>
    /// <param name="warn">Told about those that are damaged or cannot be read.</param>
    /// <exception cref="InvalidDataException">There are checkpoints, but none is whole.</exception>
    /// <exception cref="DifferentRunException">The newest one that is whole belongs to another run.</exception>
    /// <exception cref="IOException">There are checkpoints, but none can be used, and some cannot be read.</exception>
    public Checkpoint? Newest(Action<string> warn)
    {
        int[] numbers = [.. Numbers(Json).OrderDescending()];
        Exception? unreadable = null;
        foreach (int number in numbers)
        {
            try
            {
                (Checkpoint checkpoint, string run) = Read(number);
                return run == runSha256 ? checkpoint : throw new DifferentRunException(
                    $"The checkpoint {JsonFile(number)} belongs to another run than '{Workspace.RunFile}' beside its folder describes: "
                        + $"one of them was exchanged. "
                    + $"Restore the '{Workspace.RunFile}' that the run began with, or delete the workspace to start again.");
            }
            catch (Exception damage) when (damage is InvalidDataException or JsonException or FileNotFoundException
                or DirectoryNotFoundException)
            {
                warn($"The checkpoint {JsonFile(number)} is damaged and left out: {damage.Message}");
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                unreadable ??= error;
                warn($"The checkpoint {JsonFile(number)} cannot be read and is left out: {error.Message}");
            }

            _leftOut.Add(number);
        }

        if (numbers.Length == 0)
            return null;
        throw unreadable is null
            ? new InvalidDataException(
                $"None of the checkpoints in '{path}' is whole. Delete the workspace to start again, or restore the folder from a backup.")
            : new IOException($"None of the checkpoints in '{path}' can be used, and not all of them are damaged: {unreadable.Message} "
                + "Give this process the right to read them, or see to the disk, then call Fit again.", unreadable);
    }

    /// <summary>Writes a checkpoint and deletes all but the last two.</summary>
    public void Write(Checkpoint checkpoint)
    {
        if (!_exists)
            AtomicFile.CreateDirectory(path);
        _exists = true;
        int number = Numbers(Json).DefaultIfEmpty(0).Max() + 1;
        SafetensorsFile.Write(TensorFile(number), checkpoint.Tensors);
        string state = JsonSerializer.Serialize(checkpoint.State, JsonFormat.Compact), tensorHash = HashOf(TensorFile(number));
        AtomicFile.Write(JsonFile(number), file =>
        {
            using var json = new Utf8JsonWriter(file);
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("runSha256", runSha256);
            json.WriteString("tensorsSha256", tensorHash);
            json.WriteString("stateSha256", HashOf(runSha256, Encoding.UTF8.GetBytes(state)));
            json.WritePropertyName("state");
            json.WriteRawValue(state);
            json.WriteEndObject();
        });
        DeleteOld();
    }

    /// <summary>
    /// Deletes what an attempt that died had no time to, unless a checkpoint was left out: whatever keeps that one from being read may
    /// pass.
    /// </summary>
    public void Tidy()
    {
        if (_leftOut.Count == 0)
            DeleteOld();
    }

    /// <summary>Deletes what no later attempt needs: all but the last two that can be used, and tensors without their JSON file.</summary>
    private void DeleteOld()
    {
        HashSet<int> kept = [.. Numbers(Json).Where(number => !_leftOut.Contains(number)).OrderDescending().Take(Kept)];
        foreach (int number in Numbers(Json).Union(Numbers(Tensors)).Except(kept).Order().ToArray())
        {
            // What keeps a checkpoint from being read may keep it from being deleted, and it is in nobody's way.
            Action<string> delete = _leftOut.Contains(number) ? AtomicFile.TryDelete : Disk.Current.Delete;
            delete(JsonFile(number));
            delete(TensorFile(number));
        }
    }

    private (Checkpoint Checkpoint, string RunSha256) Read(int number)
    {
        using JsonDocument document = JsonDocument.Parse(ReportFile.ReadBytes(JsonFile(number)));
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object
            || Text("runSha256") is not { } run
            || Text("tensorsSha256") is not { } tensorsHash
            || Text("stateSha256") is not { } stateHash
            || !root.TryGetProperty("version", out JsonElement version) || !root.TryGetProperty("state", out JsonElement state))
        {
            throw new InvalidDataException("it lacks version, runSha256, tensorsSha256, stateSha256 or state.");
        }

        if (version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out int format) || format is not (Version or Version2.Number))
            throw new InvalidDataException($"its version is not {Version} or {Version2.Number}, which this library reads.");
        byte[] text = JsonMarshal.GetRawUtf8Value(state).ToArray();
        if (stateHash != HashOf(run, text))
            throw new InvalidDataException("its state does not match its checksum.");
        if (tensorsHash != HashOf(TensorFile(number)))
            throw new InvalidDataException($"{TensorFile(number)} does not match its checksum.");
        if (format == Version2.Number)
            text = Version2.Upgrade(text);
        RunState read = JsonSerializer.Deserialize<RunState>(text, JsonFormat.Strict)
            ?? throw new InvalidDataException("its state is null.");
        RecordChecks.Check(read);
        return (new Checkpoint(read, SafetensorsFile.Read(TensorFile(number)).Tensors), run);

        string? Text(string name)
            => root.TryGetProperty(name, out JsonElement member)
                && member.ValueKind == JsonValueKind.String
                && JsonMarshal.GetRawUtf8Value(member) is [_, .. var text, _]
                ? Encoding.UTF8.GetString(text)
                : null;
    }

    private IEnumerable<int> Numbers(string ending)
        => !Directory.Exists(path) ? [] : Directory.EnumerateFileSystemEntries(path, "*" + ending)
        .Select(
            file => int.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                ? number
                : -1)
        .Where(number => number >= 0);

    private string JsonFile(int number) => Path.Combine(path, Name(number) + Json);

    private string TensorFile(int number) => Path.Combine(path, Name(number) + Tensors);

    private static string Name(int number) => number.ToString("D6", CultureInfo.InvariantCulture);

    // One hash over both, so that a damaged name of the run is not taken for another run.
    private static string HashOf(string run, byte[] state)
        => Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes(run), .. state]));

    private static string HashOf(string file)
    {
        using Stream stream = Disk.Current.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
