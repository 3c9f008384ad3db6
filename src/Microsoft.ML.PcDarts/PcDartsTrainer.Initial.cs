using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Networks.Supernets;

namespace Microsoft.ML.PcDarts;

/// <content>Weights that a run starts from.</content>
public sealed partial class PcDartsTrainer
{
    /// <summary>The weights to start from, checked against the genotype; null for none.</summary>
    private NetworkWeights? ReadInitialModel()
    {
        if (_options.InitialModel is not { } path)
            return null;
        NetworkWeights weights = NetworkWeights.Read(Existing(path, nameof(_options.InitialModel)));
        weights.Check(
            _options.Genotype
                ?? weights.Genotype ?? throw Invalid($"InitialModel '{path}' does not say its genotype; give it as Genotype."));
        return weights;
    }

    /// <summary>The supernet that the search starts from, checked; null for none.</summary>
    /// <param name="classes">Classes of the data.</param>
    private SupernetWeights? ReadInitialSupernet(int classes)
    {
        if (_options.InitialSupernet is not { } path)
            return null;
        SupernetWeights weights = SupernetWeights.Read(Existing(path, nameof(_options.InitialSupernet)));
        weights.Check(classes);
        return weights;
    }

    private static string Existing(string path, string option)
        => File.Exists(path)
            ? path
            : throw new FileNotFoundException(
                $"{option} '{path}' does not exist; name a safetensors file or one that PyTorch saved.", path);

    /// <summary>Shape of the supernet: that of the one to start from, or of the options.</summary>
    private SupernetShape ShapeOfSupernet(int classes, NetworkStem stem, SupernetWeights? initial) => initial is not null
        ? initial.Shape with { Classes = classes }
        : new SupernetShape
        {
            InitialChannels = _options.SearchInitialChannels,
            Layers = _options.SearchLayers,
            Classes = classes,
            Stem = stem,
            Nodes = _options.Nodes,
            PartialChannels = _options.PartialChannels,
        };

    private static string Describe(SupernetWeights initial, int classes)
    {
        SupernetShape shape = initial.Shape;
        return $"The search starts from a supernet of {shape.InitialChannels} channels (C), K "
            + $"{shape.PartialChannels}, {shape.Layers} cells of "
            + $"{shape.Nodes} nodes, {shape.Stem} stem; α and β "
            + $"{(initial.HasArchitecture ? "are the file's" : "are random, because the file has none")}"
            + (shape.Classes == classes
                ? "."
                : $"; the classifier is random, because the file's has {shape.Classes} classes and the pictures have {classes}.");
    }
}
