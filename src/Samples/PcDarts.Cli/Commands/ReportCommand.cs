using System.CommandLine;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.PcDarts;
using PcDarts.Cli.Models;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli.Commands;

/// <summary><c>report DIR</c>: writes the report of a run again, under way or finished.</summary>
internal static class ReportCommand
{
    private static readonly Argument<string> Folder = new("DIR") { Description = "Folder of the run: what 'fit --out' named." };

    public static Command Create(CancellationToken cancellation)
    {
        Command command = new("report", "Write report.html of a run again: its curves, architecture, cells and mistakes.") { Folder };
        command.SetAction(parsed => Write(CommandLine.TerminalOf(parsed), parsed.GetRequiredValue(Folder), cancellation));
        return command;
    }

    /// <summary>Adds what the run's saved model says of test pictures to its report.</summary>
    /// <param name="folder">The folder of a finished run.</param>
    /// <param name="test">The test pictures.</param>
    /// <param name="maximumPixels">Most pixels that a picture may have; null for the default.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>Path of the report.</returns>
    public static string WritePredictions(string folder, LabeledFolder test, int? maximumPixels, CancellationToken cancellation)
    {
        using PcDartsPredictor predictor = PcDartsPredictor.Load(Path.Combine(folder, ModelFitter.ModelFile),
            PredictCommand.CreateOptions(BadImageHandling.Error, maximumPixels));
        return PcDartsReport.WritePredictions(folder, predictor, test.Rows.Select(row => (row.ImagePath, row.Label)), cancellation);
    }

    private static int Write(Terminal terminal, string folder, CancellationToken cancellation)
    {
        string report = WriteReport(terminal, Path.GetFullPath(folder), cancellation);
        terminal.Print(report);
        terminal.Result(new JsonObject { ["report"] = report });
        return CommandLine.Success;
    }

    private static string WriteReport(Terminal terminal, string folder, CancellationToken cancellation)
    {
        (string? testFolder, bool skipBadImages, int? maximumPixels) = RunFolder.IsFinished(RunFolder.Open(terminal, folder))
            && RunFolder.HasArguments(folder) ? FitCommand.TestFolderOf(folder) : (null, false, null);
        if (testFolder is not null && !Directory.Exists(testFolder))
        {
            terminal.Warn($"The test pictures '{testFolder}' are gone; predictions stay as they were.");
            testFolder = null;
        }

        cancellation.ThrowIfCancellationRequested();
        if (testFolder is null)
            return PcDartsReport.Write(folder);
        MLContext context = new();
        terminal.Follow(context);
        return WritePredictions(folder, LabeledFolder.Open(context, testFolder, "--test")
            .Decodable(terminal, skipBadImages, maximumPixels, cancellation), maximumPixels, cancellation);
    }
}
