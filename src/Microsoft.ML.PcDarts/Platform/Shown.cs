using System.Globalization;
using System.Text;

namespace Microsoft.ML.PcDarts.Platform;

/// <summary>How names of files appear in messages.</summary>
internal static class Shown
{
    /// <summary>Replaces characters that a terminal would act on, and those that stand for bytes outside UTF-8, by their codes.</summary>
    public static string Name(string name)
    {
        if (!name.Any(IsEscaped))
            return name;
        StringBuilder text = new();
        foreach (char character in name)
        {
            if (IsEscaped(character))
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}");
            else
                text.Append(character);
        }
        return text.ToString();
    }

    /// <summary>"a, b, c and 4 more".</summary>
    public static string Some(IReadOnlyCollection<string> items, int most)
        => string.Join(", ", items.Take(most))
            + (items.Count > most ? string.Create(CultureInfo.InvariantCulture, $" and {items.Count - most} more") : "");

    /// <summary>"1 file" or "6 files".</summary>
    public static string Count(int count, string one, string several)
        => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : several)}");

    private static bool IsEscaped(char character) => char.IsControl(character) || character == '\uFFFD';
}
