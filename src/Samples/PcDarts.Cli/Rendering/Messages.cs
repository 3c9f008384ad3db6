using System.Text.RegularExpressions;
using Microsoft.ML.PcDarts;
using PcDarts.Cli.Commands;

namespace PcDarts.Cli.Rendering;

/// <summary>Messages of the library in the words of the command line: flags instead of members of its options.</summary>
internal static partial class Messages
{
    /// <summary>
    /// The library's remedies beside an option's name, and those of the command line. In order: the first that is found is
    /// replaced.
    /// </summary>
    private static readonly (string Library, string Here)[] Phrases =
    [
        ($"set BadImages to {nameof(BadImageHandling)}.{nameof(BadImageHandling.Skip)} to leave", $"give {FitCommand.SkipBadImagesFlag} to "
            + "leave"),
        ($"and BadImages set to {nameof(BadImageHandling)}.{nameof(BadImageHandling.Skip)}", $"and {FitCommand.SkipBadImagesFlag}"),
        ("Set FallbackToCpu to true to train on the CPU instead", $"Leave {FitCommand.GpuFlag} out to train on the CPU"),
        ("; leave it null for no limit", "; leave it out for no limit"),
        ("; set one of the two to null", "; leave one of the two out"),
        ("; set it to false to train from scratch", "; leave it out to train from scratch"),
        ("Precision BFloat16", $"{FitCommand.PrecisionFlag} bfloat16"),
        ("Leave Precision null or set it to Float32", $"Leave {FitCommand.PrecisionFlag} out or give float32"),
        // The command line has written the file by then, and says so.
        (" The genotype that was found is not lost: Data[\"Genotype\"] of this exception is its JSON; "
            + "give it as Options.Genotype to train without another search.", ""),
    ];

    /// <summary>The message of an exception, on one line.</summary>
    public static string Of(Exception exception)
    {
        // An ArgumentException adds the name of its parameter, which means nothing to the user of a command.
        string message = exception is ArgumentException { ParamName: { } parameter }
            ? exception.Message.Replace($" (Parameter '{parameter}')", "", StringComparison.Ordinal)
            : exception.Message;
        return exception is UserException ? message : Of(message.ReplaceLineEndings(" "));
    }

    /// <summary>A message of the library.</summary>
    public static string Of(string library)
    {
        string text = Both().Replace(library, "$1");
        foreach ((string said, string here) in Phrases)
            text = text.Replace(said, here, StringComparison.Ordinal);
        return Name().Replace(text, match => FitCommand.Flags.TryGetValue(match.Groups["name"].Value, out string? flag)
            && (match.Groups["options"].Success || !IsAWord(match.Groups["name"].Value)
                || IsSetting().IsMatch(text.AsSpan(match.Index + match.Length))) ? flag : match.Value);
    }

    // These mean more than an option.
    private static bool IsAWord(string name)
        => name is nameof(PcDartsTrainer.Options.Genotype) or nameof(PcDartsTrainer.Options.Precision)
            or nameof(PcDartsTrainer.Options.Seed)
        or nameof(PcDartsTrainer.Options.Optimizer);

    /// <summary>Where a message names both: <c>Options.WorkspacePath ('fit --out')</c>.</summary>
    [GeneratedRegex(@"Options\.\w+ \(('[^']+')\)", RegexOptions.CultureInvariant)]
    private static partial Regex Both();

    /// <summary>A name that stands alone: not a part of a path, of another name or of a quotation.</summary>
    [GeneratedRegex(@"(?<![\w/\\.'""-])(?<options>Options\.|(?<=\b(?:as|an?|which|and|or) ))?(?<name>[A-Z]\w+)(?![\w/\\'""-]|\.\w)",
        RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    /// <summary>The text after the name of an option in a list of differences or a range that was missed.</summary>
    [GeneratedRegex(@"^ (?:is .* in the workspace|\S+ is out of range|\S+ is not a value)", RegexOptions.CultureInvariant)]
    private static partial Regex IsSetting();
}
