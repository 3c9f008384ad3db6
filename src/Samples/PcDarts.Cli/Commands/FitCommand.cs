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

    private static readonly Option<TimeSpan?> TimeBudget = Duration.Option($"Time that search and training may take together, such as {Duration.Examples}.");

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

    private static readonly Option<string> Out = new("--out", "-o")
    {
        Description = "Folder for model.zip, model.onnx and genotype.json.",
        HelpName = "DIR",
        DefaultValueFactory = _ => DefaultOut,
    };

    public static Command Create(CancellationToken cancellation)
    {
        Command command = new("fit", "Search and train a network for a folder of pictures, and save it.")
        {
            Train, Test, TimeBudget, Recipe, Seed, GenotypeOption, ValidationFraction, Gpu, Precision, SkipBadImages, Out,
        };
        command.SetAction(parsed => Fit(CommandLine.TerminalOf(parsed), parsed, cancellation));
        return command;
    }

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
        (Genotype genotype, TrainingHistory history) = new ModelFitter(context, terminal).Fit(train, options, output);
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
        }

        result["validationAccuracy"] = history.ValidationAccuracy;
        result["seed"] = history.Seed;
        result["device"] = history.Device;
        Tables.Facts(terminal,
        [
            .. Tables.Rows(facts),
            ("Validation accuracy", history.ValidationAccuracy is { } accuracy ? Tables.Percent(accuracy) : null),
            ("Model", modelPath),
            ("Network", output.Path(ModelFitter.OnnxFile)),
            ("Genotype", output.Path(ModelFitter.GenotypeFile)),
        ]);
        terminal.Result(result);
        return CommandLine.Success;
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
        options.Precision = parsed.GetValue(Precision);
        options.ValidationFraction = parsed.GetValue(ValidationFraction) ?? options.ValidationFraction;
        options.BadImages = parsed.GetValue(SkipBadImages) ? BadImageHandling.Skip : BadImageHandling.Error;
        options.CancellationToken = cancellation;
        return options;
    }
}
