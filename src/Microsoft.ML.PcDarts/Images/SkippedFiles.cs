using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>Counts the entries that a listing of pictures skips, and reports them.</summary>
internal sealed class SkippedFiles
{
    private const int NamesToShow = 5;
    private const int GroupsToShow = 10;

    private static readonly string[] Documents =
        [".txt", ".md", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".html", ".htm", ".log", ".ini", ".db", ".url", ".lnk",
            ".md5", ".sha256", ".part", ".tmp", ".crdownload"];

    private static readonly string[] DocumentNames = ["license", "readme", "icon\r"];

    private readonly SortedDictionary<string, SortedDictionary<string, int>> _groups = new(StringComparer.Ordinal);
    private readonly List<string> _special = [];
    private readonly List<string> _deadLinks = [];
    private readonly List<string> _unreadableNames = [];

    /// <summary>Hidden files and folders, and those that systems make for themselves.</summary>
    public int Hidden { get; set; }

    /// <summary>Links to folders that are listed already.</summary>
    public int RepeatedLinks { get; set; }

    /// <summary>Files that are not pictures by their names.</summary>
    public int Others { get; private set; }

    /// <summary>Counts a file that is not a picture by its name.</summary>
    /// <param name="group">The class that it would be of, or "".</param>
    /// <param name="name">Its name.</param>
    public void Other(string group, string name)
    {
        Others++;
        string extension = Path.GetExtension(name).ToLowerInvariant();
        if (Documents.Contains(extension) || DocumentNames.Contains(Path.GetFileNameWithoutExtension(name).ToLowerInvariant()))
            return;
        if (!_groups.TryGetValue(group, out SortedDictionary<string, int>? extensions))
            _groups.Add(group, extensions = new(StringComparer.Ordinal));
        extensions[extension] = extensions.GetValueOrDefault(extension) + 1;
    }

    /// <summary>Names a pipe, a socket or a device.</summary>
    public void Special(string path, string problem) => _special.Add($"{Shown.Name(path)} {problem}");

    /// <summary>Names a link whose target is missing and that may have been meant for a folder.</summary>
    public void DeadLink(string path) => _deadLinks.Add(Shown.Name(path));

    /// <summary>Names an entry whose name is not UTF-8.</summary>
    public void UnreadableName(string path) => _unreadableNames.Add(Shown.Name(path));

    /// <summary>Warnings for the user, as sentences.</summary>
    /// <param name="kept">Pictures kept of each group.</param>
    public IEnumerable<string> Warnings(Func<string, int> kept)
    {
        if (_unreadableNames.Count > 0)
            yield return $"Left out: {Shown.Count(_unreadableNames.Count, "file", "files")} with names outside UTF-8, "
                + $"which cannot be opened: {Shown.Some(_unreadableNames, NamesToShow)}. {RenameRemedy}";
        if (_groups.Count > 0)
            yield return OtherFormats(kept);
        if (_special.Count > 0)
            yield return $"Left out: {Shown.Count(_special.Count, "entry", "entries")} other than regular "
                + $"files: {Shown.Some(_special, NamesToShow)}.";
        if (_deadLinks.Count > 0)
            yield return $"Left out: {Shown.Count(_deadLinks.Count, "link", "links")} to what does not "
                + $"exist: {Shown.Some(_deadLinks, NamesToShow)}.";
    }

    /// <summary>The remedy for names that are not UTF-8.</summary>
    public const string RenameRemedy = "Rename them, for example with: convmv -r -f latin1 -t utf8 --notest FOLDER.";

    private string OtherFormats(Func<string, int> kept)
    {
        int total = _groups.Values.Sum(extensions => extensions.Values.Sum());
        string[] groups = [.. _groups.OrderByDescending(group => group.Value.Values.Sum())
            .Select(group => OfGroup(group.Key, group.Value, kept(group.Key)))];
        return $"Left out: {Shown.Count(total, "file", "files")} of other formats "
            + $"than {PictureFile.ExtensionList}: {Shown.Some(groups, GroupsToShow)}. "
            + "Convert those that are pictures, for example with ImageMagick (magick mogrify -format jpg FILES), or remove them.";
    }

    private static string OfGroup(string group, SortedDictionary<string, int> extensions, int kept)
    {
        string counts = string.Join(", ", extensions.OrderByDescending(pair => pair.Value).Take(NamesToShow)
            .Select(pair => $"{pair.Value} {(pair.Key.Length == 0 ? "without an extension" : Shown.Name(pair.Key))}"));
        return group.Length == 0 ? counts : $"{Shown.Name(group)} {counts} ({kept} kept)";
    }
}
