using System.CommandLine;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;
using PcDarts.Cli.Models;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli.Commands;

/// <summary><c>evaluate MODEL.zip --test DIR</c>: ML.NET's metrics of a saved model, in a process that never loads libtorch.</summary>
internal static class EvaluateCommand
{
    private static readonly Argument<string> Model = new("MODEL.zip") { Description = "The model to evaluate." };

    private static readonly Option<string> Test = new("--test")
    {
        Description = "Folder with one sub-folder of pictures for each class.",
        HelpName = "DIR",
        Required = true,
    };

    public static Command Create()
    {
        Command command = new("evaluate", "Measure a saved model on labelled pictures.") { Model, Test };
        command.SetAction(parsed => Evaluate(CommandLine.TerminalOf(parsed), parsed.GetRequiredValue(Model), parsed.GetRequiredValue(Test)));
        return command;
    }

    private static int Evaluate(Terminal terminal, string modelPath, string testPath)
    {
        MLContext context = new();
        terminal.Follow(context);
        using SavedModel model = SavedModel.Load(context, modelPath);
        LabelledFolder test = LabelledFolder.Open(context, testPath, "--test");
        test.CheckForEvaluation(model.ClassNames);
        MulticlassClassificationMetrics metrics = model.Evaluate(test);
        Tables.Metrics(terminal, metrics, model.ClassNames);

        JsonObject result = ModelFacts.ReadIfKnown(model.FullPath).ToJson(metrics.MicroAccuracy, model.FullPath);
        AddMetrics(result, metrics, model.ClassNames);
        result["loadedTorchLibraries"] = new JsonArray([.. NativeLibraries.LoadedTorch().Select(name => JsonValue.Create(name))]);
        terminal.Result(result);
        return CommandLine.Success;
    }

    /// <summary>Adds macroAccuracy, logLoss and classes to a result.</summary>
    public static void AddMetrics(JsonObject result, MulticlassClassificationMetrics metrics, IReadOnlyList<string> classNames)
    {
        result["macroAccuracy"] = metrics.MacroAccuracy;
        result["logLoss"] = metrics.LogLoss;
        result["classes"] = new JsonArray([.. classNames.Select((name, i) => new JsonObject
        {
            ["name"] = name,
            ["pictures"] = (int)metrics.ConfusionMatrix.Counts[i].Sum(),
            ["recall"] = metrics.ConfusionMatrix.PerClassRecall[i],
            ["precision"] = metrics.ConfusionMatrix.PerClassPrecision[i],
        })]);
    }
}
