using System.Globalization;
using System.Text;

namespace Microsoft.ML.PcDarts.Platform;

/// <summary>
/// Finds names that look the same. Archives made on macOS hold names decomposed: a letter, then its mark. .NET has no tables to compose
/// them where it runs without ICU
/// (<c>InvariantGlobalization</c>), so a letter with marks is taken to be the letter outside ASCII in the same place of a name that is
/// equal otherwise.
/// </summary>
internal static class NameForm
{
    private const int FirstSyllable = 0xAC00, FirstLead = 0x1100, Leads = 19, FirstVowel = 0x1161, Vowels = 21,
        BeforeTail = 0x11A7, Tails = 28;

    /// <summary>A key for each name; names that look the same but for case have the same.</summary>
    public static string[] Keys(IReadOnlyList<string> names)
    {
        string[] keys = [.. names.Select(name => Composed(name).Trim().ToUpperInvariant())];
        string[] plain = [.. keys.Where(key => !key.Any(IsMark))];
        return [.. keys.Select(key => key.Any(IsMark) ? Array.Find(plain, other => LooksLike(key, other)) ?? key : key)];
    }

    private static bool LooksLike(string marked, string plain)
    {
        int at = 0;
        for (int i = 0; i < marked.Length; i++, at++)
        {
            bool hasMark = false;
            char letter = marked[i];
            for (; i + 1 < marked.Length && IsMark(marked[i + 1]); i++)
                hasMark = true;
            if (at >= plain.Length || (hasMark ? char.IsAscii(plain[at]) || !char.IsLetter(plain[at]) : plain[at] != letter))
                return false;
        }
        return at == plain.Length;
    }

    private static string Composed(string name)
    {
        try
        {
            return Syllables(name.Normalize(NormalizationForm.FormC));
        }
        catch (ArgumentException)
        {
            // Half a surrogate pair: no text, but a name that is like no other.
            return name;
        }
    }

    // Korean syllables are composed by arithmetic (Unicode Standard, section 3.12).
    private static string Syllables(string name)
    {
        if (!name.Any(character => character is >= (char)FirstVowel and < (char)(FirstVowel + Vowels)))
            return name;
        StringBuilder text = new();
        foreach (char character in name)
        {
            int last = text.Length == 0 ? 0 : text[^1];
            if (last - FirstLead is >= 0 and < Leads && character - FirstVowel is >= 0 and < Vowels)
                text[^1] = (char)(FirstSyllable + ((((last - FirstLead) * Vowels) + (character - FirstVowel)) * Tails));
            else if (last - FirstSyllable is >= 0 and < Leads * Vowels * Tails && (last - FirstSyllable) % Tails == 0
                && character - BeforeTail is > 0 and < Tails)
                text[^1] = (char)(last + (character - BeforeTail));
            else
                text.Append(character);
        }
        return text.ToString();
    }

    private static bool IsMark(char character) => CharUnicodeInfo.GetUnicodeCategory(character) == UnicodeCategory.NonSpacingMark;
}
