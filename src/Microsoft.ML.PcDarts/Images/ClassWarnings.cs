using System.Globalization;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>Warnings about the classes of training data that can still be trained on.</summary>
internal static class ClassWarnings
{
    private const int Imbalance = 10;
    private const int NamesToShow = 5;

    /// <summary>Sentences about names that are easily confused, and about classes that are much rarer than others.</summary>
    /// <param name="counts">Pictures of each class.</param>
    /// <param name="names">Names of the classes.</param>
    /// <param name="balanced">Whether rare classes weigh more in the loss already.</param>
    public static IEnumerable<string> Of(IReadOnlyList<int> counts, IReadOnlyList<string> names, bool balanced)
    {
        int[] present = [.. Enumerable.Range(0, counts.Count).Where(label => counts[label] > 0)];
        string[] keys = NameForm.Keys([.. present.Select(label => names[label])]);
        foreach (int[] alike in present.Index().GroupBy(entry => keys[entry.Index], entry => entry.Item).Select(group => group.ToArray())
            .Where(group => group.Length > 1))
        {
            bool inCase = alike.Select(label => names[label].Trim()).Distinct(StringComparer.OrdinalIgnoreCase).Count() == 1;
            string difference = inCase
                ? "differ in case or spaces only"
                : "look the same and differ in their Unicode form (composed or decomposed, as archives of macOS have it)";
            IEnumerable<string> classes = alike.Select(label => $"'{Shown.Name(names[label])}' ({counts[label]} pictures)");
            yield return $"The classes {string.Join(" and ", classes)} {difference}, and are learned as different classes. "
                + "Give them one name if they are one.";
        }
        if (present.Length == 0 || Rare(counts, present) is not { Length: > 0 } rare)
            yield break;
        int commonest = present.MaxBy(label => counts[label]);
        string[] shown = [.. rare.Select(label => $"'{Shown.Name(names[label])}' {counts[label]}")];
        yield return string.Create(CultureInfo.InvariantCulture,
            $"The classes are out of balance: '{Shown.Name(names[commonest])}' has {counts[commonest]:N0} "
                + $"pictures, {Shown.Some(shown, NamesToShow)}. Accuracy says little of such a class. Add pictures of it")
            + (balanced ? "." : $", or set ClassWeighting to {nameof(ClassWeighting)}.{nameof(ClassWeighting.Balanced)}.");
    }

    private static int[] Rare(IReadOnlyList<int> counts, int[] present)
    {
        int most = present.Max(label => counts[label]);
        return [.. present.Where(label => (long)counts[label] * Imbalance <= most).OrderBy(label => counts[label])];
    }
}
