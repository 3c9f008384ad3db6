using System.Text;
using System.Text.Json;
using Microsoft.ML.PcDarts.Architectures;

namespace Microsoft.ML.PcDarts.Runs;

/// <summary>Content of a workspace's metrics.jsonl: the last report of each epoch, and the newest report.</summary>
/// <param name="Epochs">The reports that end an epoch, those of the search first.</param>
/// <param name="Last">The newest report; null before the first.</param>
/// <param name="Damaged">A message for each line that is damaged and left out; it names file and line.</param>
internal sealed record RunMetrics(IReadOnlyList<TrainingProgress> Epochs, TrainingProgress? Last, IReadOnlyList<string> Damaged)
{
    public IEnumerable<TrainingProgress> Of(TrainingPhase phase) => Epochs.Where(epoch => epoch.Phase == phase);

    /// <summary>Reads the file; one that is missing holds nothing.</summary>
    /// <exception cref="InvalidDataException">The file is larger than any metrics are.</exception>
    public static RunMetrics Read(string path)
    {
        if (!File.Exists(path))
            return new RunMetrics([], null, []);

        // The run may be writing to it.
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length > ReportFile.MaximumBytes)
        {
            throw new InvalidDataException(
                $"'{path}' has {file.Length} bytes, and at most {ReportFile.MaximumBytes} are read. Restore "
                    + $"the file from a backup, or delete it.");
        }

        using var reader = new StreamReader(file, Encoding.UTF8);
        return Parse(reader.ReadToEnd(), path);
    }

    /// <summary>
    /// Parses the lines; what follows the last line feed is a line that is still being written, or was when its process was killed.
    /// </summary>
    public static RunMetrics Parse(string text, string path)
    {
        List<TrainingProgress> epochs = [];
        List<string> damaged = [];
        TrainingProgress? last = null;
        int number = 0;
        foreach (ReadOnlyMemory<char> line in WholeLines(text))
        {
            number++;
            try
            {
                last = ParseLine(line.Span, path, number);
            }
            catch (InvalidDataException damage)
            {
                damaged.Add($"{damage.Message} It is left out.");
                continue;
            }

            if (!last.EpochEnd)
                continue;

            // Epochs that are done again take the place of those before.
            epochs.RemoveAll(epoch => epoch.Phase == last.Phase && epoch.Epoch >= last.Epoch);
            epochs.Add(last);
        }

        return new RunMetrics(epochs, last, damaged);
    }

    /// <summary>Parses every line that ends with a line feed.</summary>
    /// <param name="text">The lines.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="firstLine">Number of the first line, for messages.</param>
    /// <exception cref="InvalidDataException">A line is damaged.</exception>
    public static IReadOnlyList<TrainingProgress> ParseLines(string text, string path, int firstLine)
        => [.. WholeLines(text).Select((line, index) => ParseLine(line.Span, path, firstLine + index))];

    private static IEnumerable<ReadOnlyMemory<char>> WholeLines(string text)
    {
        int end;
        for (int start = 0; (end = text.IndexOf('\n', start)) >= 0; start = end + 1)
            yield return text.AsMemory(start, end - start);
    }

    private static TrainingProgress ParseLine(ReadOnlySpan<char> line, string path, int number)
    {
        try
        {
            TrainingProgress report = JsonSerializer.Deserialize<TrainingProgress>(line, JsonFormat.Strict)
                ?? throw new JsonException("it is null.");
            RecordChecks.Check(report);
            return report;
        }
        catch (Exception damage) when (damage is JsonException or InvalidDataException)
        {
            throw new InvalidDataException($"Line {number} of '{path}' is damaged: {damage.Message.TrimEnd('.')}.", damage);
        }
    }
}
