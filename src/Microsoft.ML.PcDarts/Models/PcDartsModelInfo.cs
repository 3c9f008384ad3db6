using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Models.Onnx;

namespace Microsoft.ML.PcDarts;

/// <summary>A saved model's description of itself: read from the ONNX metadata inside a model.zip or an .onnx file, without loading the
/// model.</summary>
public sealed class PcDartsModelInfo
{
    internal PcDartsModelInfo(ModelProto model)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (StringStringEntryProto entry in model.MetadataProps)
            metadata[entry.Key] = entry.Value;
        if (!metadata.ContainsKey(ModelMetadata.Genotype))
            throw new InvalidDataException("its ONNX model was not made by the PC-DARTS trainer");
        Genotype = ModelMetadata.Read<Genotype>(metadata, ModelMetadata.Genotype);
        ClassNames = ModelMetadata.Read<string[]>(metadata, ModelMetadata.ClassNames);
        Shape = ModelMetadata.Read<NetworkShape>(metadata, ModelMetadata.Shape);
        Mean = ModelMetadata.Read<float[]>(metadata, ModelMetadata.Mean);
        StandardDeviation = ModelMetadata.Read<float[]>(metadata, ModelMetadata.Std);
        History = ModelMetadata.Read<TrainingHistory>(metadata, ModelMetadata.History);
        Versions = ModelMetadata.Read<Dictionary<string, string>>(metadata, ModelMetadata.Versions);
        Check();
    }

    /// <summary>The architecture.</summary>
    public Genotype Genotype { get; }

    /// <summary>The classes in the order of the score's slots.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Channels, cells, classes and the picture size that the network reads.</summary>
    public NetworkShape Shape { get; }

    /// <summary>Mean of red, green and blue over the training pictures, 0 … 1; subtracted inside the ONNX graph.</summary>
    public IReadOnlyList<float> Mean { get; }

    /// <summary>Standard deviation of red, green and blue over the training pictures, 0 … 1; divided by inside the ONNX graph.</summary>
    public IReadOnlyList<float> StandardDeviation { get; }

    /// <summary>Losses, accuracies and times of the search and of the training.</summary>
    public TrainingHistory History { get; }

    /// <summary>Versions of the libraries that trained the model, by assembly name.</summary>
    public IReadOnlyDictionary<string, string> Versions { get; }

    /// <summary>Reads a model.zip saved by <c>mlContext.Model.Save</c> or a file saved by
    /// <see cref="PcDartsTransformer.SaveOnnx"/>.</summary>
    /// <param name="path">The file. Of several PC-DARTS models in one zip the last is read.</param>
    /// <returns>What the model says of itself.</returns>
    /// <exception cref="InvalidDataException">The file is cut short, damaged, or holds no PC-DARTS model; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PcDartsModelInfo Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return OnnxModelFile.Read(stream, $"'{path}'").Info;
    }

    /// <summary>Reads what a model in memory says of itself, whether it was trained in this process or loaded by
    /// <c>mlContext.Model.Load</c>.</summary>
    /// <param name="model">The model; it may be a longer pipeline.</param>
    /// <returns>What the model says of itself.</returns>
    /// <exception cref="InvalidDataException">There is no PC-DARTS model in the pipeline.</exception>
    public static PcDartsModelInfo FromTransformer(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var stream = new MemoryStream();
        new MLContext().Model.Save(model, null, stream);
        stream.Position = 0;
        try
        {
            return OnnxModelFile.ReadZip(stream, long.MaxValue).Info;
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"The pipeline holds no PC-DARTS model: {exception.Message.TrimEnd('.')}.", exception);
        }
    }

    // What the types do not say, so that nobody who reads these members meets a null or an impossible number.
    private void Check()
    {
        ModelMetadata.Check(Shape, ModelMetadata.Shape);
        ModelMetadata.Check(Mean, StandardDeviation);
        ModelMetadata.Check(History, ModelMetadata.History);
        if (ClassNames.Count != Shape.Classes || ClassNames.Contains(null!)
            || ClassNames.Distinct(StringComparer.Ordinal).Count() != ClassNames.Count)
            throw new InvalidDataException($"its metadata entry '{ModelMetadata.ClassNames}' is damaged: {Shape.Classes} different names "
                + "are needed, one for each class");
        if (Versions.Values.Contains(null!))
            throw new InvalidDataException($"its metadata entry '{ModelMetadata.Versions}' is damaged: a version is null");
    }
}
