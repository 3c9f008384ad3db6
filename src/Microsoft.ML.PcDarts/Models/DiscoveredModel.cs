using Google.Protobuf;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Models;

/// <summary>All that the final training hands over: enough to write the model's files, and nothing of TorchSharp.</summary>
/// <param name="Genotype">The architecture.</param>
/// <param name="Shape">Channels, cells, classes, stem and picture size.</param>
/// <param name="Weights">Trained weights and running statistics under the reference code's names.</param>
/// <param name="Mean">Mean of the training pixels for red, green and blue, in the 0 … 1 scale.</param>
/// <param name="Std">Their standard deviation, in the 0 … 1 scale.</param>
/// <param name="ClassNames">The classes in the order of the label's key values.</param>
/// <param name="History">How the model came about.</param>
internal sealed record DiscoveredModel(
    Genotype Genotype,
    NetworkShape Shape,
    IReadOnlyDictionary<string, TensorData> Weights,
    float[] Mean,
    float[] Std,
    IReadOnlyList<string> ClassNames,
    TrainingHistory History)
{
    /// <summary>The run's result, as its workspace keeps it.</summary>
    public RunResult Result => new(Genotype, Shape, ClassNames, History);

    /// <summary>A writer of this model's ONNX forms, metadata included.</summary>
    public OnnxWriter Writer(PcDartsOnnxOptions? options = null)
        => new(Genotype, Shape, Weights)
        {
            Mean = Mean,
            Std = Std,
            Metadata = ModelMetadata.Write(this),
            Options = options ?? new PcDartsOnnxOptions(),
        };

    /// <summary>Writes the whole classifier as an ONNX file.</summary>
    public void WriteOnnx(Stream stream, PcDartsOnnxOptions? options = null) => Writer(options).Classifier().WriteTo(stream);
}
