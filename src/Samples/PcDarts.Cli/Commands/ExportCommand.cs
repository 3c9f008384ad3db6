using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.PcDarts;
using PcDarts.Cli.Models;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli.Commands;

/// <summary>
/// <c>export WEIGHTS FILE.onnx</c>: writes a network as ONNX in another form than <c>fit</c> does; <c>export DIR FILE.safetensors</c>: the
/// supernet of a run. In a process that never loads libtorch.
/// </summary>
internal static class ExportCommand
{
    private static readonly Argument<string> Source = new("WEIGHTS|DIR")
    {
        Description = "weights.safetensors of a fit or an import, or the folder of a run for the supernet of its search.",
    };
    private static readonly Argument<string> Out = new("FILE")
    {
        Description = "The file to write: FILE.onnx of weights, FILE.safetensors of a run.",
    };

    private static readonly Option<OnnxWeightType> WeightType = new("--weights")
    {
        Description = "How weights are stored; computation stays float32.",
        HelpName = "float32|float16|int8",
    };
    private static readonly Option<bool> FloatPixels = new("--float-pixels")
    {
        Description = "The input is float32 instead of uint8; values are 0 to 255 all the same.",
    };
    private static readonly Option<bool> FeatureMaps = new("--feature-maps")
    {
        Description = "The last map of each resolution is an output too.",
    };

    public static Command Create(CancellationToken cancellation)
    {
        Command command = new("export",
            "Write a network as ONNX (with rounded weights, float pixels or feature maps), or the supernet of a run as safetensors.")
        {
            Source, Out, WeightType, FloatPixels, FeatureMaps,
        };
        command.Validators.Add(CheckTogether);
        command.SetAction(parsed =>
        {
            Terminal terminal = CommandLine.TerminalOf(parsed);
            string source = parsed.GetRequiredValue(Source), path = Path.GetFullPath(parsed.GetRequiredValue(Out));
            if (Directory.Exists(path))
                throw new UserException($"'{path}' is a folder; name a file, such as model.onnx.");
            return Directory.Exists(source)
                ? ExportSupernet(terminal, source, path, cancellation)
                : ExportNetwork(terminal, source, path, cancellation, new PcDartsOnnxOptions
                {
                    WeightType = parsed.GetValue(WeightType),
                    FloatPixels = parsed.GetValue(FloatPixels),
                    FeatureMaps = parsed.GetValue(FeatureMaps),
                });
        });
        return command;
    }

    private static void CheckTogether(CommandResult command)
    {
        if (command.GetValue(Source) is not { } folder || !Directory.Exists(folder))
            return;
        foreach (Option option in ((Option[])[WeightType, FloatPixels, FeatureMaps]).Where(option => command.GetResult(option) is not null))
            command.AddError($"Option '{option.Name}' is about ONNX files, and of a folder the supernet is written as safetensors; "
                + $"give {Path.Combine(folder, ModelFitter.WeightsFile)} for the network.");
    }

    private static int ExportNetwork(Terminal terminal, string weights, string path, CancellationToken cancellation,
        PcDartsOnnxOptions options)
    {
        if (!File.Exists(weights))
            throw new UserException($"'{Path.GetFullPath(weights)}' does not exist.");
        MLContext context = new();
        terminal.Follow(context);
        using PcDartsTransformer network = context.Model.LoadPcDartsWeights(weights);
        Write(path, cancellation, file => network.SaveOnnx(file, options));
        return Report(terminal, "Network", path, ModelFacts.Of(network.Genotype, network.History),
            ("Weights", options.WeightType.ToString()));
    }

    private static int ExportSupernet(Terminal terminal, string folder, string path, CancellationToken cancellation)
    {
        if (string.Equals(Path.GetExtension(path), ".onnx", StringComparison.OrdinalIgnoreCase))
            throw new UserException("Of a folder the supernet is written, as safetensors: name FILE.safetensors. "
                + $"For the network as ONNX give {Path.Combine(folder, ModelFitter.WeightsFile)}.");
        PcDartsRun run = PcDartsRun.Open(folder);
        Write(path, cancellation, run.SaveSupernet);
        // As the run decodes it.
        int? maximumSkips = int.TryParse(run.Options.GetValueOrDefault(nameof(PcDartsTrainer.Options.MaximumSkipConnections)),
            CultureInfo.InvariantCulture, out int limit) ? limit : null;
        Genotype genotype = ArchitectureValues.Load(path).Decode(maximumSkips);
        Tables.Cells(terminal, genotype);
        return Report(terminal, "Supernet", path, new ModelFacts { Genotype = genotype });
    }

    private static void Write(string path, CancellationToken cancellation, Action<string> write)
    {
        cancellation.ThrowIfCancellationRequested();
        using OutputFolder output = new(Path.GetDirectoryName(path)!, Out.Name);
        output.Write(Path.GetFileName(path), write);
        cancellation.ThrowIfCancellationRequested();
        output.Commit();
    }

    private static int Report(Terminal terminal, string what, string path, ModelFacts facts, params (string, string?)[] more)
    {
        long bytes = new FileInfo(path).Length;
        Tables.Facts(terminal, [(what, path), ("Size", $"{bytes / 1e6:F2} MB"), .. more]);
        JsonObject result = facts.ToJson(accuracy: null, path);
        result["bytes"] = bytes;
        terminal.Result(result);
        return CommandLine.Success;
    }
}
