using Microsoft.ML.PcDarts.MlNet;

namespace Microsoft.ML.PcDarts;

/// <summary>
/// The facts that a file of weights may lack. A file that <see cref="PcDartsTransformer.SaveWeights"/> wrote says all of it; what is
/// set here comes first.
/// </summary>
public sealed class PcDartsWeightsOptions
{
    /// <summary>The architecture that the weights belong to. Default null: the file's.</summary>
    public Genotype? Genotype { get; set; }

    /// <summary>Names of the classes in the order of the classifier's rows. Default null: the file's, else 0, 1, 2 and so on.</summary>
    public IReadOnlyList<string>? ClassNames { get; set; }

    /// <summary>
    /// Width in pixels that pictures are resized to, 1 to 4096. Default null: the file's, else 32 with the CIFAR stem and 224 with the
    /// ImageNet stem.
    /// </summary>
    public int? ImageWidth { get; set; }

    /// <summary>
    /// Height in pixels that pictures are resized to, 1 to 4096. Default null: the file's, else 32 with the CIFAR stem and 224 with the
    /// ImageNet stem.
    /// </summary>
    public int? ImageHeight { get; set; }

    /// <summary>
    /// Mean of red, green and blue that the network was trained with, 0 to 1. Default null: the file's. The paper's code: 0.49139968,
    /// 0.48215827, 0.44653124 for CIFAR-10; 0.485, 0.456, 0.406 for ImageNet.
    /// </summary>
    public IReadOnlyList<float>? Mean { get; set; }

    /// <summary>
    /// Standard deviation of red, green and blue that the network was trained with, above 0. Default null: the file's. The paper's code:
    /// 0.24703233, 0.24348505, 0.26158768 for CIFAR-10; 0.229, 0.224, 0.225 for ImageNet.
    /// </summary>
    public IReadOnlyList<float>? StandardDeviation { get; set; }

    /// <summary>Name of the image column, an MLImage of any size. Default "Image".</summary>
    public string FeatureColumnName { get; set; } = "Image";

    /// <summary>Name of the label column whose key values are the class names. Default "Label".</summary>
    public string LabelColumnName { get; set; } = DefaultColumnNames.Label;

    /// <summary>Name of the output column with the class probabilities. Default "Score".</summary>
    public string ScoreColumnName { get; set; } = DefaultColumnNames.Score;

    /// <summary>Name of the output column with the predicted key. Default "PredictedLabel".</summary>
    public string PredictedLabelColumnName { get; set; } = DefaultColumnNames.PredictedLabel;

    /// <summary>
    /// Name of an output column with what the classifier reads, a vector of float32 that other trainers can learn from. Default null: no
    /// such column.
    /// </summary>
    public string? PooledFeaturesColumnName { get; set; }
}
