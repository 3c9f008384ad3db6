using System.Text;

namespace Microsoft.ML.PcDarts.Runs;

/// <summary>Reads the lines of a metrics.jsonl that grows, and is cut back when steps are done again.</summary>
internal sealed class MetricsFollower(string path)
{
    /// <summary>Bytes that are read at a time; the rest follows with the next call.</summary>
    private const int MaximumChunk = 1 << 26;

    private readonly List<TimeSpan> _seen = [];
    private long _end;
    private byte[] _lastLine = [];

    /// <summary>The reports that came since the last call. A last line without its line feed is left for later.</summary>
    /// <exception cref="InvalidDataException">A line is damaged; the message names file and line.</exception>
    public IReadOnlyList<TrainingProgress> Next()
    {
        if (!File.Exists(path))
            return [];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        int known = _seen.Count;
        if (!GoesOn(file))
            (_end, known) = (0, 0);
        file.Position = _end;
        byte[] bytes = new byte[Math.Min(file.Length - _end, MaximumChunk)];
        bytes = bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        int whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        if (whole == 0)
        {
            return bytes.Length < MaximumChunk
                ? []
                : throw new InvalidDataException(
                    $"'{path}' has a line of {MaximumChunk} bytes or more. Restore the file from a backup, or delete it.");
        }

        IReadOnlyList<TrainingProgress> reports = RunMetrics.ParseLines(
            Encoding.UTF8.GetString(bytes, 0, whole), path, firstLine: known + 1);
        int lineStart = bytes.AsSpan(0, whole - 1).LastIndexOf((byte)'\n') + 1;
        (_lastLine, _end) = (bytes[lineStart..whole], _end + whole);

        // After a cut, lines that stayed are known.
        int same = 0;
        while (same < reports.Count && known + same < _seen.Count && _seen[known + same] == reports[same].Elapsed)
            same++;
        _seen.RemoveRange(known + same, _seen.Count - known - same);
        _seen.AddRange(reports.Skip(same).Select(report => report.Elapsed));
        return [.. reports.Skip(same)];
    }

    /// <summary>Whether the file still holds the last line that was read, where it was.</summary>
    private bool GoesOn(FileStream file)
    {
        if (file.Length < _end)
            return false;
        file.Position = _end - _lastLine.Length;
        byte[] line = new byte[_lastLine.Length];
        return file.ReadAtLeast(line, line.Length, throwOnEndOfStream: false) == line.Length && line.AsSpan().SequenceEqual(_lastLine);
    }
}
