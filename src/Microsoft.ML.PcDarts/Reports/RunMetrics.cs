using System.Text;
using System.Text.Json;

namespace Microsoft.ML.PcDarts;

/// <summary>What metrics.jsonl of a workspace tells: the last report of each epoch, and the newest report.</summary>
/// <param name="Epochs">The reports that end an epoch, those of the search first.</param>
/// <param name="Last">The newest report; null before the first.</param>
internal sealed record RunMetrics(IReadOnlyList<TrainingProgress> Epochs, TrainingProgress? Last)
{
    public IEnumerable<TrainingProgress> Of(TrainingPhase phase) => Epochs.Where(epoch => epoch.Phase == phase);

    /// <summary>Reads the file; one that is missing holds nothing.</summary>
    /// <exception cref="InvalidDataException">A whole line is damaged; the message names file and line.</exception>
    public static RunMetrics Read(string path)
    {
        if (!File.Exists(path))
            return new RunMetrics([], null);

        // The run may be writing to it.
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file, Encoding.UTF8);
        return Parse(reader.ReadToEnd(), path);
    }

    /// <summary>Parses the lines; what follows the last line feed is a line that is still being written, or was when its process was killed.</summary>
    public static RunMetrics Parse(string text, string path)
    {
        List<TrainingProgress> epochs = [];
        IReadOnlyList<TrainingProgress> reports = ParseLines(text, path, firstLine: 1);
        foreach (TrainingProgress done in reports.Where(report => report.EpochEnd))
        {
            // Epochs that are done again take the place of those before.
            epochs.RemoveAll(epoch => epoch.Phase == done.Phase && epoch.Epoch >= done.Epoch);
            epochs.Add(done);
        }

        return new RunMetrics(epochs, reports.Count > 0 ? reports[^1] : null);
    }

    /// <summary>Parses every line that ends with a line feed.</summary>
    /// <param name="text">The lines.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="firstLine">Number of the first line, for messages.</param>
    /// <exception cref="InvalidDataException">A line is damaged.</exception>
    public static IReadOnlyList<TrainingProgress> ParseLines(string text, string path, int firstLine)
    {
        List<TrainingProgress> reports = [];
        int end;
        for (int start = 0; (end = text.IndexOf('\n', start)) >= 0; start = end + 1)
        {
            try
            {
                TrainingProgress report = JsonSerializer.Deserialize<TrainingProgress>(text.AsSpan(start, end - start), JsonFormat.Compact) ?? throw new JsonException("it is null.");
                if (report is { EpochEnd: true } and not { Loss: not null, Accuracy: not null, LearningRate: not null })
                    throw new JsonException("it ends an epoch without loss, accuracy or learningRate.");
                reports.Add(report);
            }
            catch (Exception damage) when (damage is JsonException or GenotypeFormatException)
            {
                throw new InvalidDataException($"Line {firstLine + reports.Count} of '{path}' is damaged: {damage.Message.TrimEnd('.')}. Restore the file from a backup, or delete the line.", damage);
            }
        }

        return reports;
    }
}
