using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>Recognises that a folder above or beside the one with the classes was named.</summary>
internal static class FolderLevel
{
    private const int NamesToShow = 5;

    // In the order in which they are suggested.
    private static readonly string[] Parts =
        ["train", "training", "trainingset", "trainset", "val", "valid", "validate", "validation", "validationset", "valset", "dev", "eval",
            "evaluation", "holdout", "test", "testing", "testset"];

    /// <summary>Throws where the classes are plainly one level below: in folders named like the parts of a data set, or in the only
    /// folder there is.</summary>
    /// <param name="root">The folder that was named, in full.</param>
    /// <param name="files">The pictures found in it.</param>
    /// <exception cref="ArgumentException">The classes lie elsewhere; the message says where.</exception>
    public static void Check(string root, IReadOnlyList<ImageFile> files)
    {
        var classes = files.GroupBy(file => file.Label)
            .Select(@class => (Name: @class.Key, Inner: InnerFolders(Path.Combine(root, @class.Key),
                @class.Select(file => file.ImagePath)))).ToList();
        string[] parts = [.. classes.Select(@class => @class.Name).Where(IsPart).OrderBy(Rank)];
        if (parts.Length > 1 && classes.Any(@class => IsPart(@class.Name) && @class.Inner.Count > 1))
        {
            string[] inner = [.. classes.Where(@class => IsPart(@class.Name)).SelectMany(@class => @class.Inner).Distinct()
                .Order(StringComparer.Ordinal).Select(Shown.Name)];
            throw new ArgumentException(
                $"'{root}' holds {Join(parts, " and ")}, which look like the parts of a data set and not like classes: "
                    + $"their sub-folders are {Shown.Some(inner, NamesToShow)}. "
                + $"Did you mean {string.Join(" or ", parts.Select(part => $"'{Path.Combine(root, part)}'"))}? Where they are classes, "
                + "put the pictures into them directly.",
                "path");
        }
        if (classes is [(_, { Count: > 0 })])
            CheckOnly(root, classes[0].Name, files);
    }

    private static void CheckOnly(string root, string @class, IReadOnlyList<ImageFile> files)
    {
        string folder = Path.Combine(root, @class);
        IReadOnlyList<string> inner;
        while ((inner = InnerFolders(folder, files.Select(file => file.ImagePath))) is [var only])
            folder = Path.Combine(folder, only);
        if (inner.Count == 0)
            return;
        string? part = inner.Where(IsPart).MinBy(Rank);
        string meant = part is not null && inner.Count(IsPart) > 1 ? Path.Combine(folder, part) : folder;
        throw new ArgumentException(
            $"'{root}' has one sub-folder with pictures, '{Shown.Name(@class)}', which makes one class; "
                + $"the pictures lie in {Join(inner, ", ")} below it. Did you mean '{meant}'? "
            + $"Where '{Shown.Name(@class)}' is the class, put the pictures into it directly.",
            "path");
    }

    /// <summary>The sub-folders that all pictures lie in; none when a picture lies in the folder itself.</summary>
    private static IReadOnlyList<string> InnerFolders(string folder, IEnumerable<string> files)
    {
        HashSet<string> inner = [];
        foreach (string file in files)
        {
            string relative = file[(folder.Length + 1)..];
            int end = relative.IndexOf(Path.DirectorySeparatorChar, StringComparison.Ordinal);
            if (end < 0)
                return [];
            inner.Add(relative[..end]);
        }
        return [.. inner.Order(StringComparer.Ordinal)];
    }

    private static string Join(IReadOnlyCollection<string> names, string separator) => names.Count > NamesToShow
        ? Shown.Some([.. names.Select(Shown.Name)], NamesToShow)
        : string.Join(separator, names.Select(name => $"'{Shown.Name(name)}'"));

    private static bool IsPart(string name) => Rank(name) >= 0;

    private static int Rank(string name) => Array.IndexOf(Parts, string.Concat(name.Where(char.IsLetter)).ToLowerInvariant());
}
