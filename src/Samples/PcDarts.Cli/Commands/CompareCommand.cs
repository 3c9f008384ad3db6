using System.CommandLine;
using System.Text.Json.Nodes;
using PcDarts.Cli.Models;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli.Commands;

/// <summary><c>compare DIR...</c>: what several runs found and how their options differ, as a table and a chart.</summary>
internal static class CompareCommand
{
    private static readonly Argument<string[]> Folders = new("DIR")
    {
        Description = "Folders of runs: what 'fit --out' named.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string?> Svg = new("--svg")
    {
        Description = "Write a chart of training loss and validation accuracy over the epochs of the final training.",
        HelpName = "FILE",
    };

    public static Command Create(CancellationToken cancellation)
    {
        Command command = new("compare", "Compare runs, finished or not: accuracy, size, time, and the options that differ.")
        {
            Folders, Svg,
        };
        command.SetAction(parsed => Compare(CommandLine.TerminalOf(parsed), parsed.GetRequiredValue(Folders), parsed.GetValue(Svg),
            cancellation));
        return command;
    }

    private static int Compare(Terminal terminal, string[] folders, string? svg, CancellationToken cancellation)
    {
        RunComparison comparison = new([.. folders.Select(folder =>
        {
            cancellation.ThrowIfCancellationRequested();
            return RunFolder.Open(terminal, folder);
        })]);
        Tables.Runs(terminal, comparison);
        if (comparison.SameData is false)
            terminal.Warn("The runs are of different pictures, so their accuracies do not compare; see the row Data.");
        else if (comparison.SameData is null)
            terminal.Warn("The runs read different pixels: of different pictures, or of the same ones at other sizes; "
                + "runs of earlier versions do not tell. See the row Data.");
        JsonObject result = comparison.ToJson();
        cancellation.ThrowIfCancellationRequested();
        result["svg"] = svg is null ? null : WriteChart(terminal, comparison, svg);
        terminal.Result(result);
        return CommandLine.Success;
    }

    private static string? WriteChart(Terminal terminal, RunComparison comparison, string svg)
    {
        if (ComparisonChart.Draw(comparison) is { } drawing)
            return OutputFolder.WriteFile(terminal, "--svg", svg, drawing);
        terminal.Warn("None of the runs has ended an epoch of the final training, so there is nothing to draw.");
        return null;
    }
}
