using System.Globalization;
using System.Text;

namespace PcDarts.Cli.Rendering;

/// <summary>
/// Text with the characters written as their codes that a terminal acts on or that show text in another order than it has: control
/// characters, line ends, marks of direction and other invisible ones. Names of
/// files and classes and all that a model says of itself may hold any character.
/// </summary>
internal static class Printable
{
    /// <summary>One line for people: an escape character becomes <c>\u001b</c>, a line end <c>\n</c>.</summary>
    public static string Line(string text) => Escape(text, keepLineEnds: false);

    /// <summary>The same with line ends left as they are: for text that has lines of its own, such as help.</summary>
    public static string Lines(string text) => Escape(text, keepLineEnds: true);

    /// <summary>JSON without a character that <see cref="Line"/> escapes; its strings have the same values.</summary>
    public static string Json(string json) => Escape(json, keepLineEnds: true);

    private static string Escape(string text, bool keepLineEnds)
    {
        if (!text.Any(character => character < ' ' || character > '~'))
            return text;
        StringBuilder escaped = new(text.Length + 16);
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            bool isWhole = Rune.DecodeFromUtf16(rest, out Rune rune, out int length) == System.Buffers.OperationStatus.Done;
            if (isWhole && (!IsUnprintable(rune) || keepLineEnds && rune.Value is '\n' or '\r'))
                escaped.Append(rest[..length]);
            else
                Append(escaped, rest[..length]);
            rest = rest[length..];
        }

        return escaped.ToString();
    }

    private static void Append(StringBuilder escaped, ReadOnlySpan<char> characters)
    {
        foreach (char character in characters)
        {
            switch (character)
            {
                case '\n':
                    escaped.Append("\\n");
                    break;
                case '\r':
                    escaped.Append("\\r");
                    break;
                case '\t':
                    escaped.Append("\\t");
                    break;
                default:
                    escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
                    break;
            }
        }
    }

    private static bool IsUnprintable(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.PrivateUse => true,
        // Two of the invisible ones join letters in words of some languages and parts of emoji.
        UnicodeCategory.Format => rune.Value is not (0x200C or 0x200D),
        _ => false,
    };
}
