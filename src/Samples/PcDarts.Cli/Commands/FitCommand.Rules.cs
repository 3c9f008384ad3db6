using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Microsoft.ML.PcDarts;

namespace PcDarts.Cli.Commands;

/// <content>The rules of <c>fit</c>'s options, each by itself and together.</content>
internal static partial class FitCommand
{
    private static void CheckRecipe(OptionResult result)
    {
        if (result.Tokens is [{ Value: not ("tiny" or "default" or "paper-cifar") and string unknown }])
            result.AddError($"Option '--recipe': there is no recipe '{unknown}'; choose tiny, default or paper-cifar.");
    }

    private static void CheckGpu(OptionResult result)
    {
        if (result.Tokens is [{ Value: string given }] && !(int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
            result.AddError($"Option '--gpu': '{given}' is not the number of a GPU; give 0 for the first.");
    }

    private static void CheckKeep(OptionResult result)
    {
        if (result.Tokens is [{ Value: not ("best" or "last") and string unknown }])
            result.AddError($"Option '--keep': there is no choice '{unknown}'; choose best or last.");
    }

    /// <summary>Options that have no effect, or cannot work, together.</summary>
    private static void CheckTogether(CommandResult command)
    {
        if (((Option[])[GenotypeOption, InitialModel]).FirstOrDefault(option => command.GetResult(option) is not null) is { } given)
        {
            foreach (Option option in ((Option[])[InitialSupernet, MaximumSkips, Candidates,
                SearchPatience]).Where(option => command.GetResult(option) is not null))
                command.AddError($"Option '{option.Name}' is about the search, which {given.Name} skips; leave one of the two out.");
        }

        if (command.GetValue(ValidationFraction) != 0)
            return;
        if (command.GetResult(EarlyStopping) is not null)
            command.AddError("Option '--early-stopping' needs pictures to validate on, and --validation-fraction 0 holds none out; "
                + "raise it.");
        if (command.GetValue(Keep) == "best")
            command.AddError("Option '--keep best' needs pictures to validate on, and --validation-fraction 0 holds none out; raise it.");
    }

    private static Option<T?> Choice<T>(string name, string description, params (string Name, T Value)[] choices)
        where T : struct => new(name)
        {
            Description = description,
            HelpName = string.Join('|', choices.Select(choice => choice.Name)),
            CustomParser = result =>
            {
                string given = result.Tokens[0].Value;
                foreach ((string choice, T value) in choices)
                {
                    if (choice == given)
                        return value;
                }

                result.AddError($"Option '{name}': there is no {name.TrimStart('-')} '{given}'; "
                    + $"choose {string.Join(" or ", choices.Select(choice => choice.Name))}.");
                return null;
            },
        };

    /// <param name="name">The flag.</param>
    /// <param name="description">Its help.</param>
    /// <param name="option">Name of the library's option, whose range it has.</param>
    private static Option<int?> Whole(string name, string description, string option) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            string given = result.Tokens[0].Value;
            OptionLimits.Limits limits = OptionLimits.All[option];
            if (int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && limits.Contains(value))
                return value;
            result.AddError($"Option '{name}': '{given}' is not a whole number from the range; give {limits}.");
            return null;
        },
    };
}
