using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;

namespace PcDarts.Cli;

/// <summary>Reads and writes lengths of time the way people type them: 90s, 60m, 1h30m, 1.5h, 2d, 00:45:00.</summary>
internal static partial class Duration
{
    public const string Examples = "90s, 60m, 1h30m or 00:45:00";

    public static bool TryParse(string text, out TimeSpan duration)
    {
        text = text.Trim();
        if (text.Contains(':', StringComparison.Ordinal))
            return TimeSpan.TryParseExact(text, [@"h\:mm\:ss", @"hh\:mm\:ss", @"d\.hh\:mm\:ss"], CultureInfo.InvariantCulture, out duration)
                && duration > TimeSpan.Zero;

        duration = TimeSpan.Zero;
        Match match = Parts().Match(text);
        if (!match.Success || match.Length == 0)
            return false;
        double seconds = Part("d") * 86_400 + Part("h") * 3_600 + Part("m") * 60 + Part("s");
        if (seconds is not (> 0 and < 1e9))
            return false;
        duration = TimeSpan.FromSeconds(seconds);
        return true;

        double Part(string unit)
            => match.Groups[unit] is { Success: true } group ? double.Parse(group.ValueSpan, CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>An option for a length of time; null when it is not given.</summary>
    public static Option<TimeSpan?> Option(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (TryParse(text, out TimeSpan duration))
                return duration;
            result.AddError($"Option '{name}': '{text}' is not a length of time above zero; write it as {Examples}.");
            return null;
        },
    };

    /// <summary>As 1:02:03 or 2:03.</summary>
    public static string Format(TimeSpan duration) => duration.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)duration.TotalHours}:{duration.Minutes:D2}:{duration.Seconds:D2}")
        : string.Create(CultureInfo.InvariantCulture, $"{duration.Minutes}:{duration.Seconds:D2}");

    [GeneratedRegex(@"^(?:(?<d>\d+(?:\.\d+)?)d)?(?:(?<h>\d+(?:\.\d+)?)h)?(?:(?<m>\d+(?:\.\d+)?)m(?:in)?)?(?:(?<s>\d+(?:\.\d+)?)s)?$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Parts();
}
