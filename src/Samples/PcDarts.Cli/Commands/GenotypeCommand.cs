using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.PcDarts;
using PcDarts.Cli.Models;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli.Commands;

/// <summary><c>genotype show NAME|FILE</c>: both cells, the sizes of the paper's networks, drawings.</summary>
internal static class GenotypeCommand
{
    private static readonly Argument<string> Source = new("NAME|FILE")
    {
        Description = $"A published genotype ({string.Join(", ", KnownGenotypes.All.Keys)}) or a file: genotype.json, Python notation, "
            + "model.zip, model.onnx, or α and β of a search (supernet.safetensors, FILE.pth).",
    };

    private static readonly Option<string?> Dot = new("--dot")
    {
        Description = "Write the cells in Graphviz's DOT language.",
        HelpName = "FILE",
    };
    private static readonly Option<string?> Svg = new("--svg") { Description = "Write a drawing of the cells.", HelpName = "FILE" };

    private static readonly NetworkShape Cifar = new() { InitialChannels = 36, Layers = 20, Classes = 10, AuxiliaryHead = true };

    private static readonly NetworkShape ImageNet = new()
    {
        InitialChannels = 48,
        Layers = 14,
        Classes = 1000,
        Stem = NetworkStem.ImageNet,
        ImageHeight = 224,
        ImageWidth = 224,
        AuxiliaryHead = true,
    };

    public static Command Create(CancellationToken cancellation)
    {
        Command show = new("show", "Show a genotype's cells and the size of the paper's networks made of them.") { Source, Dot, Svg };
        show.SetAction(parsed => Show(CommandLine.TerminalOf(parsed), parsed.GetRequiredValue(Source), parsed.GetValue(Dot),
            parsed.GetValue(Svg), cancellation));
        return new Command("genotype", "Work with genotypes, the descriptions of searched cells.") { show };
    }

    private static int Show(Terminal terminal, string source, string? dot, string? svg, CancellationToken cancellation)
    {
        Genotype genotype = GenotypeSource.Resolve(source);
        ModelFacts? model = GenotypeSource.IsModel(source) ? ModelFacts.Read(source) : null;
        NetworkSize cifar = NetworkSize.Of(genotype, Cifar);
        NetworkSize imageNet = NetworkSize.Of(genotype, ImageNet);

        cancellation.ThrowIfCancellationRequested();
        terminal.Print(genotype.ToPython());
        Tables.Cells(terminal, genotype);
        Tables.Facts(terminal,
        [
            ("CIFAR-10 (C = 36, 20 cells, 32×32)", Size(cifar)),
            ("ImageNet (C = 48, 14 cells, 224×224)", Size(imageNet)),
            .. model is null ? [] : Tables.Rows(model),
            ("SHA-256", genotype.Sha256()),
        ]);
        cancellation.ThrowIfCancellationRequested();
        Write(terminal, "--dot", dot, CellDrawing.ToDot, genotype);
        Write(terminal, "--svg", svg, CellDrawing.ToSvg, genotype);

        ModelFacts facts = model ?? new ModelFacts
        {
            Genotype = genotype,
            Parameters = cifar.Parameters,
            MultiplyAdds = cifar.MultiplyAdds,
        };
        JsonObject result = facts.ToJson(accuracy: null, model is null ? null : Path.GetFullPath(source));
        result["sizes"] = new JsonObject { ["cifar"] = Json(cifar), ["imageNet"] = Json(imageNet) };
        terminal.Result(result);
        return CommandLine.Success;
    }

    private static string Size(NetworkSize size) => string.Create(
        CultureInfo.InvariantCulture, $"{size.Parameters:N0} parameters (+ {size.AuxiliaryParameters:N0} in "
            + $"training), {size.MultiplyAdds:N0} multiply-adds");

    private static JsonObject Json(NetworkSize size) => new()
    {
        ["parameters"] = size.Parameters,
        ["auxiliaryParameters"] = size.AuxiliaryParameters,
        ["multiplyAdds"] = size.MultiplyAdds,
    };

    private static void Write(Terminal terminal, string option, string? path, Func<Genotype, string> draw, Genotype genotype)
    {
        if (path is not null)
            OutputFolder.WriteFile(terminal, option, path, draw(genotype));
    }
}
