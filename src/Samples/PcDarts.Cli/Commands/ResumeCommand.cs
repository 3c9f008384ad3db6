using System.CommandLine;

namespace PcDarts.Cli.Commands;

/// <summary><c>resume DIR</c>: resumes a run that was interrupted.</summary>
internal static class ResumeCommand
{
    private static readonly Argument<string> Folder = new("DIR") { Description = "Folder of the run: what 'fit --out' named." };

    public static Command Create(CancellationToken cancellation)
    {
        Command command = new("resume", "Resume an interrupted run where it stopped.") { Folder };
        command.SetAction(parsed => FitCommand.Resume(CommandLine.TerminalOf(parsed), parsed.GetRequiredValue(Folder), cancellation));
        return command;
    }
}
