using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;
using PcDarts.Cli.Commands;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli;

/// <summary>The command tree and what all commands share: --json, --verbose, errors and exit codes.</summary>
internal static class CommandLine
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int UsageError = 2;

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Print one JSON object as the last line of standard output; everything else goes to standard error.",
        Recursive = true,
    };

    private static readonly Option<bool> Verbose = new("--verbose")
    {
        Description = "Show ML.NET's messages, and the stack trace of an error.",
        Recursive = true,
    };

    public static int Run(string[] args, Interruption interruption)
    {
        Command[] keepers = [DemoCommand.Create(interruption.Token), FitCommand.Create(interruption.Token),
            ResumeCommand.Create(interruption.Token)];
        RootCommand root = new("Designs a neural network for your own pictures with PC-DARTS, trains it and saves it as an ML.NET model.")
        {
            Json,
            Verbose,
            keepers[0],
            keepers[1],
            keepers[2],
            ReportCommand.Create(interruption.Token),
            WatchCommand.Create(interruption),
            CompareCommand.Create(interruption.Token),
            EvaluateCommand.Create(interruption.Token),
            ImportCommand.Create(interruption.Token),
            ExportCommand.Create(interruption.Token),
            PredictCommand.Create(interruption.Token),
            GenotypeCommand.Create(interruption.Token),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            if (parsed.Action is ParseErrorAction action)
                action.ShowHelp = args.Length == 0;
            parsed.Invoke(Configuration());
            return UsageError;
        }

        Terminal terminal = TerminalOf(parsed);
        interruption.KeepsWork = keepers.Contains(parsed.CommandResult.Command);
        try
        {
            return parsed.Invoke(Configuration());
        }
        catch (Exception exception) when (Unwrap(exception) is OperationCanceledException && interruption.Token.IsCancellationRequested)
        {
            terminal.Warn("Cancelled.");
            return interruption.ExitCode;
        }
        catch (Exception exception)
        {
            terminal.Error(Unwrap(exception), showTrace: terminal.Verbose);
            return Failure;
        }
    }

    public static Terminal TerminalOf(ParseResult parsed) => new(parsed.GetValue(Json), parsed.GetValue(Verbose));

    private static InvocationConfiguration Configuration() => new()
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = null,
        Output = new PrintableWriter(Console.Out),
        Error = new PrintableWriter(Console.Error),
    };

    /// <summary>The exception that says what happened, inside those of reflection, tasks and ML.NET's worker threads.</summary>
    private static Exception Unwrap(Exception exception)
    {
        while (exception is TargetInvocationException or AggregateException or TypeInitializationException
            && exception.InnerException is { } inner
            || exception is InvalidOperationException { InnerException: not null }
                && exception.Message.StartsWith("Splitter/consolidator", StringComparison.Ordinal))
        {
            exception = exception.InnerException!;
        }

        return exception;
    }
}
