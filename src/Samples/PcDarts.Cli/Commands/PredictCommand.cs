using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts;
using PcDarts.Cli.Models;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli.Commands;

/// <summary><c>predict FILE… --model model.zip</c>: the likeliest classes of each picture.</summary>
internal static class PredictCommand
{
    private static readonly Argument<string[]> Files = new("FILE")
    {
        Description = "Picture files, or folders whose pictures are all taken.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> Model = new("--model", "-m")
    {
        Description = "The model.zip to predict with, or the folder of a run.",
        HelpName = "MODEL.zip",
        DefaultValueFactory = _ => Path.Combine(FitCommand.DefaultOut, ModelFitter.ModelFile),
    };

    private static readonly Option<int> Top = new("--top")
    {
        Description = "Number of classes to show for each picture.",
        HelpName = "K",
        DefaultValueFactory = _ => 3,
    };

    private static readonly Option<string?> HeatMap = new("--heat-map")
    {
        Description = "Write the picture (one) with the places that speak for its class colored.",
        HelpName = "FILE.png",
    };

    private static readonly Option<int?> MaximumPixels = FitCommand.MaximumPixelsOption();

    public static Command Create(CancellationToken cancellation)
    {
        Command command = new("predict", "Name the class of pictures with a saved model.") { Files, Model, Top, HeatMap, MaximumPixels };
        command.Validators.Add(result =>
        {
            if (result.GetResult(Top) is { Errors: { } errors } && !errors.Any() && result.GetValue(Top) < 1)
                result.AddError("Option '--top' must be 1 or more.");
        });
        command.SetAction(parsed => Predict(
            CommandLine.TerminalOf(parsed), parsed.GetRequiredValue(Files), parsed.GetRequiredValue(Model), parsed.GetValue(Top),
            parsed.GetValue(HeatMap), parsed.GetValue(MaximumPixels), cancellation));
        return command;
    }

    private static int Predict(Terminal terminal, string[] paths, string modelPath, int top, string? heatMap, int? maximumPixels,
        CancellationToken cancellation)
    {
        modelPath = ModelPath.Of(modelPath);
        using PcDartsPredictor predictor = Load(modelPath, maximumPixels);
        cancellation.ThrowIfCancellationRequested();
        string[] files = [.. PictureFile.Expand(terminal, paths)];
        if (files.Length == 0)
            throw new UserException($"There are no pictures in {string.Join(", ", paths.Select(path => $"'{Path.GetFullPath(path)}'"))}; "
                + $"pictures are files that end in {string.Join(", ", PcDartsPictureFiles.Extensions)}.");
        if (heatMap is not null && files.Length != 1)
            throw new UserException($"{HeatMap.Name} takes one picture; there are {files.Length}.");
        JsonArray predictions = [];
        foreach ((string file, PcDartsPrediction prediction) in files.Zip(predictor.Predict(files, cancellation)))
        {
            cancellation.ThrowIfCancellationRequested();
            if (prediction.Error is { } problem)
            {
                terminal.Error(Messages.Of(problem));
                predictions.Add(new JsonObject { ["file"] = file, ["error"] = problem });
                continue;
            }

            IReadOnlyList<ClassProbability> classes = prediction.Top(top);
            IEnumerable<string> shares = classes.Select(pair =>
                string.Create(CultureInfo.InvariantCulture, $"{pair.Label} {100 * pair.Probability:F1} %"));
            terminal.Print($"{file}: {string.Join(", ", shares)}");
            predictions.Add(Json(file, classes));
        }

        if (predictor.TurnedImages is var turned and > 0)
        {
            terminal.Warn(string.Create(CultureInfo.InvariantCulture,
                $"{turned} of {files.Length} pictures say by their EXIF orientation that they are to be shown turned or mirrored; "
                    + $"they were read as they are stored. Store them upright, for example with: magick mogrify -auto-orient FILES."));
        }

        JsonObject result = ModelFacts.Of(predictor.Info.Genotype, predictor.Info.History).ToJson(accuracy: null, modelPath);
        result["predictions"] = predictions;
        result["turnedPictures"] = predictor.TurnedImages;
        result["loadedTorchLibraries"] = new JsonArray([.. NativeLibraries.LoadedTorch().Select(name => JsonValue.Create(name))]);
        terminal.Result(result);
        if (heatMap is not null && predictor.SkippedImages == 0)
            WriteHeatMap(terminal, predictor, files[0], Path.GetFullPath(heatMap));
        return predictor.SkippedImages == 0 ? CommandLine.Success : CommandLine.Failure;
    }

    private static void WriteHeatMap(Terminal terminal, PcDartsPredictor predictor, string file, string path)
    {
        using MLImage image = MLImage.CreateFromFile(file);
        using OutputFolder output = new(Path.GetDirectoryName(path)!, HeatMap.Name);
        output.Write(Path.GetFileName(path), temporary => predictor.Explain(image).Save(image, temporary));
        output.Commit();
        terminal.Print($"Wrote {path}");
    }

    private static PcDartsPredictor Load(string path, int? maximumPixels)
    {
        try
        {
            return PcDartsPredictor.Load(path, CreateOptions(BadImageHandling.Skip, maximumPixels));
        }
        catch (InvalidDataException exception)
        {
            throw new UserException(exception.Message);
        }
    }

    public static PcDartsPredictor.Options CreateOptions(BadImageHandling badImages, int? maximumPixels)
    {
        PcDartsPredictor.Options options = new() { BadImages = badImages };
        options.MaximumPixels = maximumPixels ?? options.MaximumPixels;
        return options;
    }

    private static JsonObject Json(string file, IReadOnlyList<ClassProbability> classes) => new()
    {
        ["file"] = file,
        ["label"] = classes[0].Label,
        ["probability"] = classes[0].Probability,
        ["top"] = new JsonArray([.. classes.Select(pair => new JsonObject { ["label"] = pair.Label, ["probability"] = pair.Probability })]),
    };
}
