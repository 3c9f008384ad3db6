using System.Text.Json;
using Microsoft.ML.PcDarts;

namespace PcDarts.Cli.Models;

/// <summary>The command line's addition to a run about its pictures: data.json.</summary>
/// <param name="FilesSha256">Hash of the training files as they lie on the disk; see <see cref="PictureHashes.Of"/>.</param>
/// <param name="DataSha256">The run's own hash, over decoded pixels, which tells whether the file belongs to the run.</param>
internal sealed record DataFile(string FilesSha256, string DataSha256)
{
    private const string Name = "data.json";
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static void Write(string folder, string filesSha256)
    {
        DataFile content = new(filesSha256, PcDartsRun.Open(folder).DataSha256);
        using OutputFolder output = new(folder);
        output.Write(Name, file => File.WriteAllText(file, JsonSerializer.Serialize(content, Format) + "\n"));
        output.Commit();
    }

    /// <summary>Hash of a run's training files; null where it is not known: the file is missing, or is that of another run.</summary>
    /// <exception cref="UserException">The file is damaged.</exception>
    public static string? FilesSha256Of(PcDartsRun run)
    {
        string path = Path.Combine(run.WorkspacePath, Name);
        if (!File.Exists(path))
            return null;
        try
        {
            DataFile content = JsonSerializer.Deserialize<DataFile>(File.ReadAllText(path), Format)
                ?? throw new JsonException("it is null.");
            return content.DataSha256 == run.DataSha256 ? content.FilesSha256 : null;
        }
        catch (JsonException damage)
        {
            throw new UserException($"'{path}' is damaged: {damage.Message} Delete it: 'resume' writes it again.");
        }
    }
}
