using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts;
using PcDarts.Cli.Models;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli.Commands;

/// <summary><c>fit --train DIR</c>: searches and trains a network for a folder of pictures and saves it.</summary>
internal static partial class FitCommand
{
    public const string DefaultOut = "pcdarts-out";

    public static Command Create(CancellationToken cancellation)
    {
        Command command = new("fit", "Search and train a network for a folder of pictures, and save it.")
        {
            Train, Test, TimeBudget, Recipe, Seed, GenotypeOption, InitialModel, FreezeBackbone, InitialSupernet, ValidationFraction, Gpu,
            Precision, Optimizer, MaximumSkips,
            Candidates, SearchPatience, EarlyStopping, Keep, ClassWeights, ReturnBest, SkipBadImages, MaximumPixels, CheckpointInterval,
            Overwrite, Out,
        };
        command.Validators.Add(CheckTogether);
        command.SetAction(parsed => Fit(CommandLine.TerminalOf(parsed), parsed, cancellation));
        return command;
    }

    /// <summary>Runs the command that a folder's run was started with.</summary>
    /// <param name="terminal">Where to write.</param>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="cancellation">Stops the run.</param>
    public static int Resume(Terminal terminal, string folder, CancellationToken cancellation)
    {
        string[] arguments = RunFolder.ReadArguments(folder);
        ParseResult parsed = Create(cancellation).Parse([.. arguments, Out.Name, folder]);
        return parsed.Errors.Count == 0
            ? Fit(terminal, parsed, cancellation)
            : throw new UserException($"The command in '{RunFolder.ArgumentsPath(folder)}' is not one of this "
                + $"version: {parsed.Errors[0].Message}");
    }

    /// <summary>
    /// The folder of test pictures that a folder's run was started with, null if none was given, and how bad ones are told and treated.
    /// </summary>
    public static (string? Path, bool SkipBadImages, int? MaximumPixels) TestFolderOf(string folder)
    {
        ParseResult parsed = Create(CancellationToken.None).Parse([.. RunFolder.ReadArguments(folder)]);
        return (parsed.GetValue(Test), parsed.GetValue(SkipBadImages), parsed.GetValue(MaximumPixels));
    }

    private static int Fit(Terminal terminal, ParseResult parsed, CancellationToken cancellation)
    {
        PcDartsTrainer.Options options = CreateOptions(parsed, cancellation);
        MLContext context = new(seed: parsed.GetValue(Seed)) { GpuDeviceId = parsed.GetValue(Gpu), FallbackToCpu = false };
        terminal.Follow(context);
        LabeledFolder train = LabeledFolder.Open(context, parsed.GetRequiredValue(Train), Train.Name);
        train.CheckForTraining();
        LabeledFolder? test = parsed.GetValue(Test) is { } path ? LabeledFolder.Open(context, path, Test.Name) : null;
        test?.CheckClasses(terminal, [.. train.ClassCounts.Select(pair => pair.Key)]);
        test = test?.Decodable(terminal, parsed.GetValue(SkipBadImages), parsed.GetValue(MaximumPixels), cancellation);
        terminal.Print(train.Describe("training"));
        if (test is not null)
        {
            terminal.Print(test.Describe("test"));
            WarnOfShared(terminal, PictureHashes.Shared(test, train, cancellation), test.Count);
        }

        using OutputFolder output = new(parsed.GetRequiredValue(Out));
        using RunFolder run = new(output, ArgumentsOf(parsed), parsed.GetValue(Overwrite));
        options.WorkspacePath = output.FullPath;
        (Genotype genotype, TrainingHistory history) = FitOrTellHowToGoOn(terminal, context, train, options, output, run);
        string modelPath = output.Path(ModelFitter.ModelFile);
        ModelFacts facts = ModelFacts.Of(genotype, history);
        Tables.Cells(terminal, genotype);

        JsonObject result;
        if (test is null)
        {
            result = facts.ToJson(history.ValidationAccuracy, modelPath);
        }
        else
        {
            // The saved file is measured, not the model in memory.
            using SavedModel saved = SavedModel.Load(context, modelPath);
            // The signal that ended the training does not end this; a second one ends the process.
            CancellationToken further = history.StopReason == StopReason.Cancelled ? CancellationToken.None : cancellation;
            MulticlassClassificationMetrics metrics = saved.Evaluate(test, further);
            Tables.Metrics(terminal, metrics, saved.ClassNames);
            result = facts.ToJson(metrics.MicroAccuracy, modelPath);
            EvaluateCommand.AddMetrics(result, metrics, saved.ClassNames, test.Skipped);
            ReportCommand.WritePredictions(output.FullPath, test, parsed.GetValue(MaximumPixels), further);
        }

        result["skippedPictures"] = history.SkippedImages;
        result["validationAccuracy"] = history.ValidationAccuracy;
        result["validationAccuracyInterval"] = EvaluateCommand.Interval(history.ValidationEstimate);
        result["validationPictures"] = history.ValidationImages;
        result["stopReason"] = history.StopReason.ToString();
        result["returnedEpoch"] = history.ReturnedEpoch;
        result["seed"] = history.Seed;
        result["device"] = history.Device;
        result["report"] = output.Path(PcDartsReport.FileName);
        Tables.Facts(terminal,
        [
            .. Tables.Rows(facts),
            ("Weights of epoch", history.ReturnedEpoch.ToString(CultureInfo.InvariantCulture)),
            ("Validation accuracy", history.ValidationEstimate is { } estimate ? Tables.Accuracy(estimate) : null),
            ("Model", modelPath),
            ("Network", output.Path(ModelFitter.OnnxFile)),
            ("Genotype", output.Path(ModelFitter.GenotypeFile)),
            ("Report", output.Path(PcDartsReport.FileName)),
        ]);
        if (history.StopReason == StopReason.Cancelled)
            terminal.Warn("Cancelled; the model is the best so far. "
                + $"Resume with: {OwnCommand.Of("resume", OwnCommand.ShortPath(output.FullPath))}");
        terminal.Result(result);
        return CommandLine.Success;
    }

    private static (Genotype Genotype, TrainingHistory History) FitOrTellHowToGoOn(
        Terminal terminal, MLContext context, LabeledFolder train, PcDartsTrainer.Options options, OutputFolder output, RunFolder run)
    {
        // Beside the trainer, which reads the same files at that time.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken);
        Task<string> hash = Task.Run(() => PictureHashes.Of(train, stop.Token), stop.Token);
        try
        {
            (Genotype Genotype, TrainingHistory History) found = new ModelFitter(context, terminal).Fit(train, options, output);
            KeepHash(hash, output.FullPath);
            return found;
        }
        catch (DifferentRunException other)
        {
            throw new UserException($"{Messages.Of(other)} Or give {Overwrite.Name}, which deletes the run that is there and starts this "
                + "one in its place.");
        }
        catch (OperationCanceledException) when (run.HasRun)
        {
            terminal.Warn($"The run is kept. Resume with: {OwnCommand.Of("resume", OwnCommand.ShortPath(output.FullPath))}");
            KeepHash(hash, output.FullPath);
            PcDartsReport.Write(output.FullPath);
            throw;
        }
        finally
        {
            stop.Cancel();
        }
    }

    // Where the run was cancelled before all files were read there is none.
    private static void KeepHash(Task<string> hash, string folder)
    {
        Task.WaitAny(hash);
        if (!hash.IsCanceled)
            DataFile.Write(folder, hash.GetAwaiter().GetResult());
    }

    private static void WarnOfShared(Terminal terminal, IReadOnlyList<(string Own, string Other)> shared, int pictures)
    {
        if (shared is [(string own, string other), ..])
        {
            terminal.Warn(string.Create(CultureInfo.InvariantCulture,
                $"{Test.Name}: {shared.Count:N0} of {pictures:N0} test pictures are training pictures too, byte for byte, such as '{own}', "
                    + $"which is '{other}'. ")
                + "The accuracy on them says little about new pictures: keep the two sets apart.");
        }
    }

    // Paths are written in full, because the command may be repeated from another folder.
    private static string[] ArgumentsOf(ParseResult parsed)
    {
        List<string> arguments = [];
        foreach (OptionResult option in parsed.CommandResult.Children.OfType<OptionResult>()
            .Where(option => !option.Implicit && parsed.CommandResult.Command.Options.Contains(option.Option) && option.Option != Out
                && option.Option != Overwrite))
        {
            arguments.Add(option.Option.Name);
            bool isPath = option.Option == Train || option.Option == Test || option.Option == InitialModel
                || option.Option == InitialSupernet || option.Option == GenotypeOption && File.Exists(option.Tokens[0].Value);
            arguments.AddRange(option.Tokens.Select(token => isPath ? Path.GetFullPath(token.Value) : token.Value));
        }

        return [.. arguments];
    }
}
