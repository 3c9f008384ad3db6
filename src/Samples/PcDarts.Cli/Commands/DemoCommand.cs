using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.PcDarts;
using PcDarts.Cli.Models;
using PcDarts.Cli.Rendering;
using PcDarts.Cli.Shapes;

namespace PcDarts.Cli.Commands;

/// <summary>
/// <c>demo</c>: the whole way on a data set that it draws itself, ending with a picture of what the saved model predicts.
/// </summary>
internal static class DemoCommand
{
    private const int TrainingPerClass = 300;
    private const int TestPerClass = 60;
    private const int ShownPerClass = 12;
    private const string SheetFile = "predictions.png";

    private static readonly Option<string> Out = new("--out", "-o")
    {
        Description = "Folder for the pictures, the model and the sheet of predictions.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "pcdarts-demo",
    };

    private static readonly Option<int> Seed = new("--seed") { Description = "Random seed.", HelpName = "N", DefaultValueFactory = _ => 1 };

    private static readonly Option<TimeSpan?> TimeBudget = Duration.Option("--time-budget",
        "Time that search and training may take together; a slow machine needs more than the default of 3m.");

    public static Command Create(CancellationToken cancellation)
    {
        Command command = new("demo", "Draw pictures of shapes, design and train a network for them, and show what it predicts (minutes).")
        {
            Out, Seed, TimeBudget,
        };
        command.SetAction(parsed => Run(CommandLine.TerminalOf(parsed), parsed, cancellation));
        return command;
    }

    private static int Run(Terminal terminal, ParseResult parsed, CancellationToken cancellation)
    {
        int seed = parsed.GetValue(Seed);
        PcDartsTrainer.Options options = CreateOptions(seed, parsed.GetValue(TimeBudget) ?? TimeSpan.FromMinutes(3), cancellation);
        MLContext context = new(seed);
        terminal.Follow(context);
        using OutputFolder output = new(parsed.GetRequiredValue(Out));
        string pictures = output.Folder("shapes");
        terminal.Heading("1. Draw pictures");
        ShapeDataset.Write(pictures, TrainingPerClass, TestPerClass, seed, cancellation);
        LabeledFolder train = LabeledFolder.Open(context, Path.Combine(pictures, "train"), "--out");
        terminal.Print($"{train.Count} training pictures of {string.Join(", ", ShapeDataset.ClassNames)} in {train.FullPath}");

        terminal.Heading("2. Search a network for them and train it");
        (Genotype genotype, TrainingHistory history) = new ModelFitter(context, terminal).Fit(train, options, output);
        ModelFacts facts = ModelFacts.Of(genotype, history);
        Tables.Cells(terminal, genotype);
        Tables.Facts(terminal, Tables.Rows(facts));

        terminal.Heading("3. Predict held-out pictures with model.zip in a fresh process");
        string modelPath = output.Path(ModelFitter.ModelFile);
        ContactSheet.Entry[] entries = PredictInFreshProcess(terminal, modelPath, Path.Combine(pictures, "test"), cancellation);
        AccuracyEstimate estimate = new(entries.Count(entry => entry.IsRight), entries.Length);
        string title = string.Create(CultureInfo.InvariantCulture,
            $"{estimate.Right} of {estimate.Pictures} held-out pictures right ({100 * estimate.Accuracy:F1}%)");
        output.Write(SheetFile, file => DrawSheet(file, title, entries));
        output.Commit();

        string sheetPath = output.Path(SheetFile);
        Tables.Facts(terminal, ("Held-out accuracy", Tables.Accuracy(estimate)), ("Predictions", sheetPath), ("Model", modelPath));
        terminal.Print("Try next:");
        string model = OwnCommand.ShortPath(modelPath);
        terminal.Print(
            $"  {OwnCommand.Of("predict", OwnCommand.ShortPath(Path.Combine(pictures, "test", "star", "0000.png")), "--model", model)}");
        terminal.Print($"  {OwnCommand.Of("genotype", "show", model, "--svg", "cells.svg")}");
        terminal.Print($"  {OwnCommand.Of("fit", "--train", "YOUR-PICTURES", "--time-budget", "10m")}");
        if (OwnCommand.OfServer("--model", model) is { } serve)
        {
            terminal.Print("Serve it on http://localhost:5000, with a page to drop pictures on:");
            terminal.Print($"  {serve}");
        }


        JsonObject result = facts.ToJson(estimate.Accuracy, modelPath);
        result["accuracyInterval"] = EvaluateCommand.Interval(estimate);
        result["predictions"] = sheetPath;
        result["heldOutPictures"] = entries.Length;
        terminal.Result(result);
        return CommandLine.Success;
    }

    private static PcDartsTrainer.Options CreateOptions(int seed, TimeSpan timeBudget, CancellationToken cancellation) => new()
    {
        Seed = seed,
        CancellationToken = cancellation,
        TimeBudget = timeBudget, // only cuts the plan short on a slow machine
        SearchTimeShare = 0.3,
        ShrinkNetworkToBudget = false,
        // Small enough for two cores and a few minutes; three cells of which two reduce are enough for shapes.
        ValidationFraction = 0.05,
        SearchImages = 360,
        SearchEpochs = 8,
        SearchWarmUpEpochs = 2,
        SearchInitialChannels = 8,
        SearchLayers = 3,
        Epochs = 60,
        BatchSize = 32,
        InitialChannels = 8,
        Layers = 3,
        CropPadding = 2, // a wider crop could cut shapes off
    };

    private static ContactSheet.Entry[] PredictInFreshProcess(Terminal terminal, string modelPath, string testFolder,
        CancellationToken cancellation)
    {
        JsonObject answer = OwnProcess.RunJson(["predict", testFolder, "--model", modelPath, "--top", "1", "--json"], cancellation);
        string[] torch = [.. answer["loadedTorchLibraries"]!.AsArray().Select(name => (string)name!)];
        if (torch.Length > 0)
            throw new InvalidOperationException($"Predicting loaded {string.Join(", ", torch)}; a saved model must not need libtorch.");
        terminal.Print("That process used ML.NET and ONNX Runtime alone: no library of libtorch was loaded in it.");
        return
        [
            .. answer["predictions"]!.AsArray().Select(prediction =>
            {
                string file = (string)prediction!["file"]!;
                return new ContactSheet.Entry(file, Path.GetFileName(Path.GetDirectoryName(file))!, (string)prediction["label"]!,
                    (double)prediction["probability"]!);
            }),
        ];
    }

    /// <summary>Shows the first pictures of each class.</summary>
    private static void DrawSheet(string file, string title, ContactSheet.Entry[] entries)
    {
        using FileStream stream = File.Create(file);
        ContactSheet.Draw(stream, title, [.. entries.GroupBy(entry => entry.Label).SelectMany(group => group.Take(ShownPerClass))]);
    }
}
