using System.Globalization;
using Microsoft.ML.PcDarts.Formats;

namespace Microsoft.ML.PcDarts.Models;

/// <summary>A whole model as a file of weights.</summary>
internal static class WeightsFile
{
    /// <summary>Writes a model's weights as safetensors; the metadata hold all else that makes the model.</summary>
    public static void Write(string path, DiscoveredModel model)
        => SafetensorsFile.Write(path, model.Weights, ModelMetadata.Write(model).ToDictionary());

    /// <summary>Reads a model.</summary>
    /// <param name="path">A safetensors file or a zip of PyTorch.</param>
    /// <param name="options">What the file does not say, or what is to be taken instead.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or its weights are not those of the architecture; the message names
    /// it.</exception>
    /// <exception cref="ArgumentException">The file does not say something that the options lack, or an option does not fit it.</exception>
    public static DiscoveredModel Read(string path, PcDartsWeightsOptions options)
    {
        NetworkWeights file = NetworkWeights.Read(path);
        NetworkShape shape = file.Shape with
        {
            ImageHeight = options.ImageHeight ?? file.Shape.ImageHeight,
            ImageWidth = options.ImageWidth ?? file.Shape.ImageWidth
        };
        shape.Validate();
        if (shape.ImageWidth > ModelMetadata.MaximumSide || shape.ImageHeight > ModelMetadata.MaximumSide)
        {
            throw new ArgumentException($"{nameof(options.ImageWidth)} {shape.ImageWidth} "
                + $"and {nameof(options.ImageHeight)} {shape.ImageHeight} must be from 1 to {ModelMetadata.MaximumSide} pixels.",
                nameof(options));
        }

        Genotype genotype = options.Genotype ?? file.Genotype
            ?? throw Missing(nameof(options.Genotype), "the architecture that was trained");
        file.Check(genotype);
        string[] classNames = [.. options.ClassNames ?? file.ClassNames
            ?? Enumerable.Range(0, shape.Classes).Select(label => label.ToString(CultureInfo.InvariantCulture))];
        if (classNames.Length != shape.Classes || classNames.Distinct(StringComparer.Ordinal).Count() != classNames.Length)
            throw new ArgumentException($"{nameof(options.ClassNames)} must be {shape.Classes} different names, "
                + $"one for each row of the classifier; there are {classNames.Length}.", nameof(options));
        float[] mean = [.. options.Mean ?? file.Mean ?? throw Missing(nameof(options.Mean), "the mean that pictures were normalized with")];
        float[] deviation = [.. options.StandardDeviation ?? file.Std
            ?? throw Missing(nameof(options.StandardDeviation), "the standard deviation that pictures were normalized with")];
        if (mean.Length != 3 || deviation.Length != 3 || !mean.All(float.IsFinite)
            || !deviation.All(value => float.IsFinite(value) && value > 0))
            throw new ArgumentException($"{nameof(options.Mean)} and {nameof(options.StandardDeviation)} must be 3 numbers each, for red, "
                + "green and blue; deviations above 0.", nameof(options));

        string hash = WeightsHash.Sha256(file.Weights);
        TrainingHistory history = file.History is { } known && known.WeightsSha256 == hash
            ? known
            : Imported(NetworkSize.Of(genotype, shape), hash);
        return new DiscoveredModel(genotype, shape, file.Weights, mean, deviation, classNames, history);

        ArgumentException Missing(string option, string what)
            => new($"'{path}' does not say {what}; give it as {nameof(PcDartsWeightsOptions)}.{option}.", option);
    }

    private static TrainingHistory Imported(NetworkSize size, string hash) => new()
    {
        Epochs = [], TrainingImages = 0, ValidationImages = 0, Size = size, WeightsSha256 = hash, Device = "unknown",
    };
}
