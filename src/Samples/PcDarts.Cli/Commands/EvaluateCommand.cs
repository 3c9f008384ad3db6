using System.CommandLine;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts;
using PcDarts.Cli.Models;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli.Commands;

/// <summary><c>evaluate MODEL.zip --test DIR</c>: ML.NET's metrics of a saved model, in a process that never loads libtorch.</summary>
internal static class EvaluateCommand
{
    private static readonly Argument<string> Model = new("MODEL.zip") { Description = "The model to evaluate, or the folder of a run." };

    private static readonly Option<string> Test = new("--test")
    {
        Description = "Folder with one sub-folder of pictures for each class.",
        HelpName = "DIR",
        Required = true,
    };

    private static readonly Option<bool> SkipBadImages = new(FitCommand.SkipBadImagesFlag)
    {
        Description = "Leave out pictures that cannot be decoded instead of stopping.",
    };

    private static readonly Option<int?> MaximumPixels = FitCommand.MaximumPixelsOption();

    public static Command Create(CancellationToken cancellation)
    {
        Command command = new("evaluate", "Measure a saved model on labeled pictures.") { Model, Test, SkipBadImages, MaximumPixels };
        command.SetAction(parsed => Evaluate(CommandLine.TerminalOf(parsed), parsed.GetRequiredValue(Model), parsed.GetRequiredValue(Test),
            parsed.GetValue(SkipBadImages), parsed.GetValue(MaximumPixels), cancellation));
        return command;
    }

    private static int Evaluate(Terminal terminal, string modelPath, string testPath, bool skipBadImages, int? maximumPixels,
        CancellationToken cancellation)
    {
        MLContext context = new();
        terminal.Follow(context);
        using SavedModel model = SavedModel.Load(context, modelPath);
        cancellation.ThrowIfCancellationRequested();
        LabeledFolder test = LabeledFolder.Open(context, testPath, Test.Name);
        test.CheckClasses(terminal, model.ClassNames);
        test = test.Decodable(terminal, skipBadImages, maximumPixels, cancellation);
        terminal.Print(test.Describe("test"));
        MulticlassClassificationMetrics metrics = model.Evaluate(test, cancellation);
        Tables.Metrics(terminal, metrics, model.ClassNames);

        JsonObject result = ModelFacts.ReadIfKnown(model.FullPath).ToJson(metrics.MicroAccuracy, model.FullPath);
        AddMetrics(result, metrics, model.ClassNames, test.Skipped);
        result["loadedTorchLibraries"] = new JsonArray([.. NativeLibraries.LoadedTorch().Select(name => JsonValue.Create(name))]);
        terminal.Result(result);
        return CommandLine.Success;
    }

    /// <summary>Adds accuracyInterval, macroAccuracy, logLoss, classes and the numbers of pictures to a result.</summary>
    public static void AddMetrics(JsonObject result, MulticlassClassificationMetrics metrics, IReadOnlyList<string> classNames, int skipped)
    {
        AccuracyEstimate estimate = Tables.Estimate(metrics);
        result["accuracyInterval"] = Interval(estimate);
        result["testPictures"] = estimate.Pictures;
        result["skippedTestPictures"] = skipped;
        result["macroAccuracy"] = metrics.MacroAccuracy;
        result["logLoss"] = metrics.LogLoss;
        result["classes"] = new JsonArray([.. classNames.Select((name, i) => new JsonObject
        {
            ["name"] = name,
            ["pictures"] = (int)metrics.ConfusionMatrix.Counts[i].Sum(),
            // ML.NET has 0 where there is nothing to divide by.
            ["recall"] = metrics.ConfusionMatrix.Counts[i].Sum() > 0 ? metrics.ConfusionMatrix.PerClassRecall[i] : null,
            ["precision"] = Tables.Predicted(metrics, i) > 0 ? metrics.ConfusionMatrix.PerClassPrecision[i] : null,
        })]);
    }

    /// <summary>Both ends of the 95 % interval; null without an estimate.</summary>
    public static JsonArray? Interval(AccuracyEstimate? estimate) => estimate is { } known ? new JsonArray(known.Low, known.High) : null;
}
