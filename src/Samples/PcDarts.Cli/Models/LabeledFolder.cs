using System.Globalization;
using Microsoft.ML;
using PcDarts.Cli.Commands;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli.Models;

/// <summary>A folder with one sub-folder of pictures for each class, read with <c>LoadImageFolder</c>.</summary>
internal sealed class LabeledFolder
{
    private const int MostClassesListed = 12, MostProblemsListed = 10;
    private readonly MLContext _context;
    private readonly string _option;

    private LabeledFolder(MLContext context, string path, string option, IDataView view)
    {
        (_context, FullPath, _option, View) = (context, path, option, view);
        Rows = [.. context.Data.CreateEnumerable<Row>(view, reuseRowObject: false)];
        ClassCounts = Rows.CountBy(row => row.Label).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
    }

    public string FullPath { get; }

    /// <summary>Columns ImagePath and Label, both text.</summary>
    public IDataView View { get; }

    public IReadOnlyList<Row> Rows { get; }

    public IReadOnlyList<KeyValuePair<string, int>> ClassCounts { get; }

    public int Count => Rows.Count;

    /// <summary>Pictures that <see cref="Decodable"/> has left out.</summary>
    public int Skipped { get; private init; }

    /// <summary>Opens the folder; <paramref name="option"/> is what the user gave it with, for messages.</summary>
    public static LabeledFolder Open(MLContext context, string path, string option)
    {
        try
        {
            return new LabeledFolder(context, Path.GetFullPath(path), option, context.Data.LoadImageFolder(path));
        }
        catch (Exception refusal) when (refusal is DirectoryNotFoundException or ArgumentException)
        {
            throw new UserException($"{option}: {Messages.Of(refusal)}");
        }
    }

    /// <summary>The number of pictures and of those of each class, in words.</summary>
    /// <param name="kind">Such as <c>training</c>.</param>
    public string Describe(string kind)
    {
        string classes = ClassCounts.Count <= MostClassesListed
            ? string.Join(", ", ClassCounts.Select(pair => Number($"{pair.Key} {pair.Value:N0}")))
            : $"{Extreme(ClassCounts.MinBy(pair => pair.Value))} to {Extreme(ClassCounts.MaxBy(pair => pair.Value))} pictures a class";
        return Number($"{Count:N0} {kind} pictures of {ClassCounts.Count:N0} classes in {FullPath}: {classes}");

        static string Extreme(KeyValuePair<string, int> pair) => Number($"{pair.Value:N0} ({pair.Key})");

        static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Checks that there are two classes; the trainer checks all else.</summary>
    public void CheckForTraining()
    {
        if (ClassCounts is [{ Key: var only }])
            throw new UserException($"{_option}: '{FullPath}' holds the class '{only}' alone. At least two classes are needed, "
                + "each in a sub-folder of its own.");
    }

    /// <summary>Checks that every class is known to the model, and warns of those that have no picture here.</summary>
    public void CheckClasses(Terminal terminal, IReadOnlyList<string> knownClasses)
    {
        string[] own = [.. ClassCounts.Select(pair => pair.Key)], unknown = [.. own.Except(knownClasses)],
            missing = [.. knownClasses.Except(own)];
        if (unknown.Length > 0)
        {
            throw new UserException($"{_option}: '{FullPath}' has classes that the model does not know: {string.Join(", ", unknown)}. "
                + $"It knows {string.Join(", ", knownClasses.Order(StringComparer.Ordinal))}.");
        }

        if (missing.Length > 0)
            terminal.Warn($"{_option}: '{FullPath}' has no pictures of {string.Join(", ", missing)}, so their recall is not known and the "
                + "mean over classes leaves them out.");
    }

    /// <summary>This folder without the pictures that cannot be decoded, which are named.</summary>
    /// <param name="terminal">Where to name them.</param>
    /// <param name="skip">Whether they are left out; otherwise they are an error.</param>
    /// <param name="maximumPixels">Most pixels that a picture may have; null for the default.</param>
    /// <param name="cancellation">Stops between pictures.</param>
    public LabeledFolder Decodable(Terminal terminal, bool skip, int? maximumPixels, CancellationToken cancellation)
    {
        string?[] problems = PictureFile.Problems([.. Rows.Select(row => row.ImagePath)], maximumPixels, cancellation);
        int[] bad = [.. Enumerable.Range(0, Count).Where(i => problems[i] is not null)];
        if (bad.Length == 0)
            return this;
        string list = string.Join(" ", bad.Take(MostProblemsListed).Select(i => Messages.Of(problems[i]!)))
            + (bad.Length > MostProblemsListed
                ? string.Create(CultureInfo.InvariantCulture, $" And {bad.Length - MostProblemsListed:N0} more.")
                : "");
        string what = string.Create(CultureInfo.InvariantCulture, $"{_option}: {bad.Length:N0} of {Count:N0} pictures cannot be read");
        if (!skip)
            throw new UserException($"{what}. {list} Replace or remove them, or give {FitCommand.SkipBadImagesFlag} to leave "
                + "such pictures out.");
        if (bad.Length == Count)
            throw new UserException($"{what}, so none is left. {list}");
        terminal.Warn($"{what} and are left out. {list}");
        return new LabeledFolder(_context, FullPath, _option,
            _context.Data.LoadFromEnumerable(Rows.Where((_, i) => problems[i] is null).ToArray()))
        { Skipped = bad.Length };
    }

    /// <summary>A picture and its class.</summary>
    public sealed class Row
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";
    }
}
