using System.CommandLine;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.PcDarts;
using PcDarts.Cli.Models;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli.Commands;

/// <summary><c>export WEIGHTS FILE.onnx</c>: writes a network as ONNX in another form than <c>fit</c> does, in a process that never loads libtorch.</summary>
internal static class ExportCommand
{
    private static readonly Argument<string> Weights = new("WEIGHTS") { Description = "weights.safetensors of a fit or an import." };
    private static readonly Argument<string> Out = new("FILE.onnx") { Description = "The file to write." };

    private static readonly Option<OnnxWeightType> WeightType = new("--weights") { Description = "How weights are stored; computation stays float32.", HelpName = "float32|float16|int8" };
    private static readonly Option<bool> FloatPixels = new("--float-pixels") { Description = "The input is float32 instead of uint8; values are 0 to 255 all the same." };
    private static readonly Option<bool> FeatureMaps = new("--feature-maps") { Description = "The last map of each resolution is an output too." };

    public static Command Create()
    {
        Command command = new("export", "Write a network as ONNX: with rounded weights, float pixels or feature maps.") { Weights, Out, WeightType, FloatPixels, FeatureMaps };
        command.SetAction(parsed => Export(CommandLine.TerminalOf(parsed), parsed.GetRequiredValue(Weights), Path.GetFullPath(parsed.GetRequiredValue(Out)), new PcDartsOnnxOptions
        {
            WeightType = parsed.GetValue(WeightType),
            FloatPixels = parsed.GetValue(FloatPixels),
            FeatureMaps = parsed.GetValue(FeatureMaps),
        }));
        return command;
    }

    private static int Export(Terminal terminal, string weights, string path, PcDartsOnnxOptions options)
    {
        if (!File.Exists(weights))
            throw new UserException($"The file '{Path.GetFullPath(weights)}' does not exist.");
        if (Directory.Exists(path))
            throw new UserException($"'{path}' is a folder; name a file, such as model.onnx.");
        MLContext context = new();
        terminal.Follow(context);
        using PcDartsTransformer network = context.Model.LoadPcDartsWeights(weights);
        using OutputFolder output = new(Path.GetDirectoryName(path)!, "FILE.onnx");
        output.Write(Path.GetFileName(path), file => network.SaveOnnx(file, options));
        output.Commit();
        long bytes = new FileInfo(path).Length;
        Tables.Facts(terminal, [("Network", path), ("Size", $"{bytes / 1e6:F2} MB"), ("Weights", options.WeightType.ToString())]);
        JsonObject result = ModelFacts.Of(network.Genotype, network.History).ToJson(accuracy: null, path);
        result["bytes"] = bytes;
        terminal.Result(result);
        return CommandLine.Success;
    }
}
