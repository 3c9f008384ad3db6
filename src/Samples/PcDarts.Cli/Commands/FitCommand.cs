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
internal static class FitCommand
{
    public const string DefaultOut = "pcdarts-out";

    private static readonly Option<string> Train = new("--train")
    {
        Description = "Folder with one sub-folder of pictures for each class.",
        HelpName = "DIR",
        Required = true,
    };

    private static readonly Option<string?> Test = new("--test")
    {
        Description = "Pictures to measure the finished model on, laid out in the same way; they choose nothing.",
        HelpName = "DIR",
    };

    private static readonly Option<TimeSpan?> TimeBudget = Duration.Option("--time-budget", $"Time that search and training may take together, such as {Duration.Examples}.");

    private static readonly Option<TimeSpan?> CheckpointInterval = Duration.Option("--checkpoint-interval", "Time between two checkpoints, which is what a crash costs at most; one minute by default.");

    private static readonly Option<string> Recipe = new("--recipe")
    {
        Description = "Preset: tiny ends in seconds, paper-cifar needs a GPU.",
        HelpName = "tiny|default|paper-cifar",
        DefaultValueFactory = _ => "default",
        Validators = { CheckRecipe },
    };

    private static readonly Option<int> Seed = new("--seed") { Description = "Random seed.", HelpName = "N", DefaultValueFactory = _ => 1 };

    private static readonly Option<string?> GenotypeOption = new("--genotype")
    {
        Description = "Train this genotype and skip the search: a published name, genotype.json, Python notation or another model.",
        HelpName = "NAME|FILE",
    };

    private static readonly Option<string?> InitialModel = new("--initial-model")
    {
        Description = "Start from these weights instead of random ones and skip the search: weights.safetensors of another fit, or a state dict of PyTorch with --genotype.",
        HelpName = "WEIGHTS",
    };

    private static readonly Option<bool> FreezeBackbone = new("--freeze-backbone") { Description = "With --initial-model: train the classifier alone." };

    private static readonly Option<double?> ValidationFraction = new("--validation-fraction")
    {
        Description = "Share of the training pictures held out to watch the training, 0 to 0.5.",
        HelpName = "SHARE",
    };

    private static readonly Option<int?> Gpu = new("--gpu")
    {
        Description = "Number of the CUDA GPU to search and train on, 0 for the first; without it the CPU.",
        HelpName = "N",
        Validators = { CheckGpu },
    };

    private static readonly Option<TrainingPrecision?> Precision = new("--precision")
    {
        Description = "Number format of the maps between layers; by default bfloat16 on GPUs that compute it, else float32.",
        HelpName = "float32|bfloat16",
        CustomParser = ParsePrecision,
    };

    private static readonly Option<bool> SkipBadImages = new("--skip-bad-images") { Description = "Leave out training pictures that cannot be decoded instead of stopping." };

    private static readonly Option<bool> Overwrite = new("--overwrite") { Description = "Start anew in a folder that holds another run; that run is deleted." };

    private static readonly Option<string> Out = new("--out", "-o")
    {
        Description = "Folder of the run: model.zip, model.onnx, genotype.json, and what it takes to go on after an interruption.",
        HelpName = "DIR",
        DefaultValueFactory = _ => DefaultOut,
    };

    public static Command Create(CancellationToken cancellation)
    {
        Command command = new("fit", "Search and train a network for a folder of pictures, and save it.")
        {
            Train, Test, TimeBudget, Recipe, Seed, GenotypeOption, InitialModel, FreezeBackbone, ValidationFraction, Gpu, Precision, SkipBadImages, CheckpointInterval, Overwrite, Out,
        };
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
            : throw new UserException($"The command in '{RunFolder.ArgumentsPath(folder)}' is not one of this version: {parsed.Errors[0].Message}");
    }

    /// <summary>The folder of test pictures that a folder's run was started with; null if none was given.</summary>
    public static string? TestFolderOf(string folder) => Create(CancellationToken.None).Parse([.. RunFolder.ReadArguments(folder)]).GetValue(Test);

    private static int Fit(Terminal terminal, ParseResult parsed, CancellationToken cancellation)
    {
        PcDartsTrainer.Options options = CreateOptions(parsed, cancellation);
        MLContext context = new(seed: parsed.GetValue(Seed)) { GpuDeviceId = parsed.GetValue(Gpu), FallbackToCpu = false };
        terminal.Follow(context);
        LabelledFolder train = LabelledFolder.Open(context, parsed.GetRequiredValue(Train), "--train");
        train.CheckForTraining();
        LabelledFolder? test = parsed.GetValue(Test) is { } path ? LabelledFolder.Open(context, path, "--test") : null;
        test?.CheckForEvaluation(train.ClassCounts.Select(pair => pair.Key));
        terminal.Say($"{train.Count:N0} training pictures of {train.ClassCounts.Count} classes in {train.FullPath}");

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
            MulticlassClassificationMetrics metrics = saved.Evaluate(test);
            Tables.Metrics(terminal, metrics, saved.ClassNames);
            result = facts.ToJson(metrics.MicroAccuracy, modelPath);
            EvaluateCommand.AddMetrics(result, metrics, saved.ClassNames);
            ReportCommand.WritePredictions(output.FullPath, test, cancellation);
        }

        result["validationAccuracy"] = history.ValidationAccuracy;
        result["seed"] = history.Seed;
        result["device"] = history.Device;
        result["report"] = output.Path(ReportCommand.ReportFile);
        Tables.Facts(terminal,
        [
            .. Tables.Rows(facts),
            ("Validation accuracy", history.ValidationAccuracy is { } accuracy ? Tables.Percent(accuracy) : null),
            ("Model", modelPath),
            ("Network", output.Path(ModelFitter.OnnxFile)),
            ("Genotype", output.Path(ModelFitter.GenotypeFile)),
            ("Report", output.Path(ReportCommand.ReportFile)),
        ]);
        terminal.Result(result);
        return CommandLine.Success;
    }

    private static (Genotype Genotype, TrainingHistory History) FitOrTellHowToGoOn(
        Terminal terminal, MLContext context, LabelledFolder train, PcDartsTrainer.Options options, OutputFolder output, RunFolder run)
    {
        try
        {
            return new ModelFitter(context, terminal).Fit(train, options, output);
        }
        catch (InvalidOperationException other) when (other.Message.Contains("holds a run that differs", StringComparison.Ordinal))
        {
            throw new UserException($"{other.Message} Or start anew in the same folder with --overwrite, which deletes the run that is there.");
        }
        catch (OperationCanceledException) when (run.HasRun)
        {
            terminal.Warn($"The run is kept. Go on with: resume {output.FullPath}");
            PcDartsReport.Write(output.FullPath);
            throw;
        }
    }

    // Paths are written in full, because the command may be repeated from another folder.
    private static string[] ArgumentsOf(ParseResult parsed)
    {
        List<string> arguments = [];
        foreach (OptionResult option in parsed.CommandResult.Children.OfType<OptionResult>().Where(option => !option.Implicit && parsed.CommandResult.Command.Options.Contains(option.Option) && option.Option != Out && option.Option != Overwrite))
        {
            arguments.Add(option.Option.Name);
            bool isPath = option.Option == Train || option.Option == Test || option.Option == InitialModel || option.Option == GenotypeOption && File.Exists(option.Tokens[0].Value);
            arguments.AddRange(option.Tokens.Select(token => isPath ? Path.GetFullPath(token.Value) : token.Value));
        }

        return [.. arguments];
    }

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

    private static TrainingPrecision? ParsePrecision(ArgumentResult result)
    {
        switch (result.Tokens[0].Value)
        {
            case "float32":
                return TrainingPrecision.Float32;
            case "bfloat16":
                return TrainingPrecision.BFloat16;
            default:
                result.AddError($"Option '--precision': there is no precision '{result.Tokens[0].Value}'; choose float32 or bfloat16.");
                return null;
        }
    }

    private static PcDartsTrainer.Options CreateOptions(ParseResult parsed, CancellationToken cancellation)
    {
        PcDartsTrainer.Options options = parsed.GetValue(Recipe) switch
        {
            "tiny" => PcDartsRecipe.Tiny(),
            "paper-cifar" => PcDartsRecipe.PaperCifar(),
            _ => PcDartsRecipe.Default(),
        };
        options.Seed = parsed.GetValue(Seed);
        options.TimeBudget = parsed.GetValue(TimeBudget);
        options.Genotype = parsed.GetValue(GenotypeOption) is { } source ? GenotypeSource.Resolve(source) : null;
        options.InitialModel = parsed.GetValue(InitialModel);
        options.FreezeBackbone = parsed.GetValue(FreezeBackbone);
        options.Precision = parsed.GetValue(Precision);
        options.ValidationFraction = parsed.GetValue(ValidationFraction) ?? options.ValidationFraction;
        options.BadImages = parsed.GetValue(SkipBadImages) ? BadImageHandling.Skip : BadImageHandling.Error;
        options.CheckpointInterval = parsed.GetValue(CheckpointInterval) ?? options.CheckpointInterval;
        options.CancellationToken = cancellation;
        return options;
    }
}
