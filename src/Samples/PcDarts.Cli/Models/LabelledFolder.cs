using Microsoft.ML;
using Microsoft.ML.Data;

namespace PcDarts.Cli.Models;

/// <summary>A folder with one sub-folder of pictures for each class, read with <c>LoadImageFolder</c>.</summary>
internal sealed class LabelledFolder
{
    private LabelledFolder(string path, IDataView view)
    {
        FullPath = path;
        View = view;
        ClassCounts = view.GetColumn<string>("Label").CountBy(label => label).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        Count = ClassCounts.Sum(pair => pair.Value);
    }

    public string FullPath { get; }

    /// <summary>Columns ImagePath and Label, both text.</summary>
    public IDataView View { get; }

    public IReadOnlyList<KeyValuePair<string, int>> ClassCounts { get; }

    public int Count { get; }

    /// <summary>Opens the folder; <paramref name="option"/> is what the user gave it with, for messages.</summary>
    public static LabelledFolder Open(MLContext context, string path, string option)
    {
        string fullPath = Path.GetFullPath(path);
        if (!Directory.Exists(fullPath))
            throw new UserException($"{option}: the folder '{fullPath}' does not exist.");
        LabelledFolder folder = new(fullPath, context.Data.LoadImageFolder(fullPath));
        return folder.Count > 0
            ? folder
            : throw new UserException($"{option}: '{fullPath}' holds no pictures; put them into one sub-folder for each class, such as '{Path.Combine(fullPath, "cat", "1.jpg")}'.");
    }

    /// <summary>Checks that there are two classes; the trainer checks all else.</summary>
    public void CheckForTraining()
    {
        if (ClassCounts is [{ Key: var only }])
            throw new UserException($"'{FullPath}' holds the class '{only}' alone. At least two classes are needed, each in a sub-folder of its own.");
    }

    /// <summary>Checks that every class is known to the model and every picture decodes.</summary>
    public void CheckForEvaluation(IEnumerable<string> knownClasses)
    {
        HashSet<string> known = [.. knownClasses];
        string[] unknown = [.. ClassCounts.Select(pair => pair.Key).Where(label => !known.Contains(label))];
        if (unknown.Length > 0)
        {
            throw new UserException($"'{FullPath}' has classes that the model does not know: {string.Join(", ", unknown)}. "
                + $"It knows {string.Join(", ", known.Order(StringComparer.Ordinal))}.");
        }

        PictureFile.CheckAll([.. View.GetColumn<string>("ImagePath")]);
    }
}
