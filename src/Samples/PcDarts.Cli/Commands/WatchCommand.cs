using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.PcDarts;
using PcDarts.Cli.Models;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli.Commands;

/// <summary><c>watch DIR</c>: follows a run that another process is at work on.</summary>
internal static class WatchCommand
{
    private static readonly Argument<string> Folder = new("DIR") { Description = "Folder of the run: what 'fit --out' named." };

    public static Command Create(Interruption interruption)
    {
        Command command = new("watch", "Follow a run of another process until it ends.") { Folder };
        command.SetAction(parsed => Watch(CommandLine.TerminalOf(parsed), parsed.GetRequiredValue(Folder), interruption));
        return command;
    }

    private static int Watch(Terminal terminal, string folder, Interruption interruption)
    {
        if (Directory.Exists(folder) && !PcDartsRun.Exists(folder))
            terminal.Print($"There is no run in '{Path.GetFullPath(folder)}' yet; waiting for its first files, which are written once the "
                + "pictures are read.");
        Lazy<TimeSpan?> budget = new(() => BudgetOf(PcDartsRun.Open(folder)));
        try
        {
            ProgressView.Run(terminal, () => budget.Value, show =>
            {
                foreach (TrainingProgress report in PcDartsRun.FollowAsync(folder, interruption.Token)
                    .ToBlockingEnumerable(interruption.Token))
                    show(report);
                return true;
            });
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            terminal.Warn("No longer watching. The run itself is not touched.");
            return interruption.ExitCode;
        }

        PcDartsRun run = RunFolder.Open(terminal, folder);
        if (run.History is null)
            throw new UserException($"The run in '{run.WorkspacePath}' has stopped without ending: {RunComparison.State(run)}, "
                + $"and no process is at work on it. Resume with: {OwnCommand.Of("resume", OwnCommand.ShortPath(run.WorkspacePath))}");
        Report(terminal, run);
        return CommandLine.Success;
    }

    private static TimeSpan? BudgetOf(PcDartsRun run) =>
        TimeSpan.TryParse(run.Options.GetValueOrDefault(nameof(PcDartsTrainer.Options.TimeBudget)), CultureInfo.InvariantCulture,
            out TimeSpan budget) ? budget : null;

    private static void Report(Terminal terminal, PcDartsRun run)
    {
        ModelFacts facts = ModelFacts.Of(run.Genotype!, run.History!);
        Tables.Facts(terminal,
        [
            ("State", RunComparison.State(run)),
            .. Tables.Rows(facts),
            ("Validation accuracy", run.History!.ValidationEstimate is { } estimate ? Tables.Accuracy(estimate) : null),
            ("Run", run.WorkspacePath),
        ]);
        JsonObject result = RunComparison.ToJson(run);
        terminal.Result(result);
    }
}
