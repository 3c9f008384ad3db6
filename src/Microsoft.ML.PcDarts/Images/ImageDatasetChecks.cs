using Microsoft.ML.PcDarts.Architectures;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>The requirements on a picture collection, checked before any long work starts.</summary>
internal static class ImageDatasetChecks
{
    /// <summary>Smallest width and height of the resized pictures.</summary>
    public const int MinimumSide = ShapeLimits.SmallestSide;

    private const string Input = "input";

    /// <summary>Checks the size pictures are resized to.</summary>
    /// <exception cref="ArgumentException">A side is below <see cref="MinimumSide"/>.</exception>
    public static void Size(int width, int height)
    {
        if (width < MinimumSide || height < MinimumSide)
            throw new ArgumentException(
                $"The pictures would be {width}×{height}; at least {MinimumSide}×{MinimumSide} is needed. Set ImageWidth and ImageHeight, "
                    + "or use larger pictures.",
                Input);
    }

    /// <summary>Checks the class counts of a data set.</summary>
    /// <param name="counts">Pictures of each class.</param>
    /// <param name="names">Names of the classes, for the messages.</param>
    /// <param name="labelColumn">Name of the label column, for the messages.</param>
    /// <param name="leftOut">What was left out already, for the messages, such as " (3 rows without a label were left out)"; or "".</param>
    /// <param name="forTraining">Whether the data is searched and trained on, rather than only evaluated.</param>
    /// <exception cref="ArgumentException">No rows, or with <paramref name="forTraining"/> fewer than two classes or a class with one
    /// picture.</exception>
    public static void Classes(ReadOnlySpan<int> counts, IReadOnlyList<string> names, string labelColumn, string leftOut, bool forTraining)
    {
        int rows = 0;
        int present = 0;
        int last = -1;
        List<string> single = [];
        for (int c = 0; c < counts.Length; c++)
        {
            rows += counts[c];
            if (counts[c] == 0)
                continue;
            present++;
            last = c;
            if (counts[c] == 1)
                single.Add(names[c]);
        }

        if (rows == 0)
            throw new ArgumentException($"There are no rows to {(forTraining ? "train on" : "evaluate")}{leftOut}. "
                + "Check the data view and its filters.", Input);
        if (!forTraining)
            return;
        if (present == 1)
            throw new ArgumentException(
                $"All {rows} rows have the label '{names[last]}' in column '{labelColumn}'{leftOut}. "
                    + "At least two classes are needed.", Input);
        if (single.Count > 0)
            throw new ArgumentException(
                $"{(single.Count == 1 ? "Class" : "Classes")} {string.Join(", ", single.Take(10).Select(name => $"'{name}'"))}"
                    + $"{(single.Count > 10 ? $" and {single.Count - 10} more" : "")} "
                + $"of column '{labelColumn}' {(single.Count == 1 ? "has" : "have")} one picture{leftOut}; at least 2 are needed, "
                + "one for each half of the search. "
                + "Add pictures or filter the class out.",
                Input);
    }
}
