using Microsoft.ML.Data;
using Microsoft.ML.PcDarts;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML;

/// <summary>Extends <c>mlContext.Model</c> with weights that were trained elsewhere.</summary>
public static class PcDartsModelCatalog
{
    /// <summary>
    /// Makes a model of weights: of a safetensors file, such as <see cref="PcDartsTransformer.SaveWeights"/> writes, or of a state dict
    /// that PyTorch 1.6 or newer saved with <c>torch.save</c>. Names are those of the paper's code (<c>NetworkCIFAR</c> and
    /// <c>NetworkImageNet</c> of model.py). Nothing in the file is run, and libtorch is not needed.
    /// </summary>
    /// <param name="catalog">The catalog, <c>mlContext.Model</c>.</param>
    /// <param name="path">The file; floating types are converted to float32. Of a checkpoint its "state_dict" is read, and "module." before
    /// all names is left out.</param>
    /// <param name="options">Facts that the file lacks: of PyTorch's files the genotype, the classes and the normalization. Null if it says
    /// all.</param>
    /// <returns>The model, as if it had been trained here; its history has no epochs unless the file holds one.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, holds objects other than tensors, or its weights belong to another
    /// architecture.</exception>
    /// <exception cref="ArgumentException">The file lacks something that the options do not give, or an option is out of range.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <example>
    /// <code> PcDartsTransformer network = ml.Model.LoadPcDartsWeights("weights.pth", new PcDartsWeightsOptions { Genotype =
    /// KnownGenotypes.PcDartsCifar, Mean = [0.49139968f, 0.48215827f, 0.44653124f], StandardDeviation = [0.24703233f, 0.24348505f,
    /// 0.26158768f], }); network.SaveOnnx("model.onnx");
    /// </code>
    /// </example>
    public static PcDartsTransformer LoadPcDartsWeights(
        this ModelOperationsCatalog catalog, string path, PcDartsWeightsOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new PcDartsWeightsOptions();
        IHostEnvironment environment = MlNetAccess.EnvironmentOf(catalog);
        var columns = new ColumnNames(
            options.LabelColumnName,
            options.FeatureColumnName,
            options.ScoreColumnName,
            options.PredictedLabelColumnName,
            options.PooledFeaturesColumnName);
        if (columns.Problem() is { } problem)
            throw new ArgumentException(problem, nameof(options));
        DiscoveredModel model = WeightsFile.Read(path, options);
        return PcDartsTransformer.Create(environment, model, SchemaOf(columns, model.ClassNames), columns);
    }

    /// <summary>The schema that training data would have: the image and a key whose values are the class names.</summary>
    private static DataViewSchema SchemaOf(ColumnNames columns, IReadOnlyList<string> classNames)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        ReadOnlyMemory<char>[] names = [.. classNames.Select(name => name.AsMemory())];
        annotations.Add(
            "KeyValues",
            new VectorDataViewType(TextDataViewType.Instance, names.Length),
            (ref VBuffer<ReadOnlyMemory<char>> values) => values = new VBuffer<ReadOnlyMemory<char>>(names.Length, names));
        var schema = new DataViewSchema.Builder();
        schema.AddColumn(columns.Feature, new ImageDataViewType());
        schema.AddColumn(columns.Label, new KeyDataViewType(typeof(uint), names.Length), annotations.ToAnnotations());
        return schema.ToSchema();
    }
}
