using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.PcDarts;
using PcDarts.Cli.Models;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli.Commands;

/// <summary><c>import WEIGHTS</c>: makes a model of weights that were trained elsewhere, in a process that never loads libtorch.</summary>
internal static class ImportCommand
{
    public const string ClassesFlag = "--classes", MeanFlag = "--mean", DeviationFlag = "--std";

    private static readonly Argument<string> Weights = new("WEIGHTS")
    {
        Description = "A safetensors file, such as weights.safetensors of a fit, or a state dict that PyTorch saved; "
            + "names are those of the paper's code.",
    };

    private static readonly Option<string?> GenotypeOption = new(FitCommand.GenotypeFlag)
    {
        Description = "The architecture, if the file does not say it: a published name or a file.",
        HelpName = "NAME|FILE",
    };

    private static readonly Option<string?> Classes = new(ClassesFlag)
    {
        Description = "Names of the classes in the order of the classifier: with commas between, or a folder whose sub-folders in "
            + "alphabetical order they are.",
        HelpName = "NAMES|DIR",
    };

    private static readonly Option<int?> Size = new("--size")
    {
        Description = "Side in pixels that pictures are resized to.",
        HelpName = "N",
    };
    private static readonly Option<float[]?> Mean = Triple(MeanFlag, "Mean of red, green and blue that pictures were normalized with.");
    private static readonly Option<float[]?> Deviation = Triple(DeviationFlag,
        "Standard deviation of red, green and blue that pictures were normalized with.");
    private static readonly Option<string> Out = new("--out", "-o")
    {
        Description = "Folder for model.zip, model.onnx and genotype.json.",
        HelpName = "DIR",
        DefaultValueFactory = _ => FitCommand.DefaultOut,
    };

    public static Command Create(CancellationToken cancellation)
    {
        Command command = new("import", "Make a model of weights that PyTorch or an earlier fit trained.")
        {
            Weights, GenotypeOption, Classes, Size, Mean, Deviation, Out,
        };
        command.SetAction(parsed => Import(CommandLine.TerminalOf(parsed), parsed.GetRequiredValue(Weights), parsed.GetRequiredValue(Out),
            cancellation, new PcDartsWeightsOptions
            {
                Genotype = parsed.GetValue(GenotypeOption) is { } source ? GenotypeSource.Resolve(source) : null,
                ClassNames = parsed.GetValue(Classes) is { } classes ? NamesOf(classes) : null,
                ImageWidth = parsed.GetValue(Size),
                ImageHeight = parsed.GetValue(Size),
                Mean = Given(parsed, Mean),
                StandardDeviation = Given(parsed, Deviation),
            }));
        return command;
    }

    private static int Import(Terminal terminal, string weights, string folder, CancellationToken cancellation,
        PcDartsWeightsOptions options)
    {
        if (!File.Exists(weights))
            throw new UserException($"The file '{Path.GetFullPath(weights)}' does not exist.");
        MLContext context = new();
        terminal.Follow(context);
        using PcDartsTransformer network = context.Model.LoadPcDartsWeights(weights, options);
        cancellation.ThrowIfCancellationRequested();
        using OutputFolder output = new(folder);
        output.Write(ModelFitter.ModelFile, file => ImportedPipeline.Save(context, network, file));
        output.Write(ModelFitter.OnnxFile, file => network.SaveOnnx(file));
        output.Write(ModelFitter.GenotypeFile, network.Genotype.Save);
        cancellation.ThrowIfCancellationRequested();
        output.Commit();

        string model = output.Path(ModelFitter.ModelFile);
        ModelFacts facts = ModelFacts.Of(network.Genotype, network.History);
        Tables.Cells(terminal, network.Genotype);
        Tables.Facts(terminal, [.. Tables.Rows(facts), ("Classes", string.Join(", ", network.ClassNames)), ("Model", model),
            ("Network", output.Path(ModelFitter.OnnxFile))]);
        JsonObject result = facts.ToJson(accuracy: null, model);
        result["loadedTorchLibraries"] = new JsonArray([.. NativeLibraries.LoadedTorch().Select(name => JsonValue.Create(name))]);
        terminal.Result(result);
        return CommandLine.Success;
    }

    // An option of an array type has an empty one where it was not given.
    private static float[]? Given(ParseResult parsed, Option<float[]?> option)
        => parsed.GetResult(option) is null ? null : parsed.GetValue(option);

    private static string[] NamesOf(string namesOrFolder) => Directory.Exists(namesOrFolder)
        ? [.. new DirectoryInfo(namesOrFolder).GetDirectories().Select(folder => folder.Name).Order(StringComparer.Ordinal)]
        : namesOrFolder.Split(',', StringSplitOptions.TrimEntries);

    private static Option<float[]?> Triple(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "R,G,B",
        CustomParser = result =>
        {
            string given = result.Tokens[0].Value;
            string[] parts = given.Split(',');
            float[] values = [.. parts.Select(
                part => float.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) ? value : float.NaN)];
            if (values.Length == 3 && Array.TrueForAll(values, float.IsFinite))
                return values;
            result.AddError($"Option '{name}': '{given}' is not three numbers with commas between, such as 0.491,0.482,0.447.");
            return null;
        },
    };
}
