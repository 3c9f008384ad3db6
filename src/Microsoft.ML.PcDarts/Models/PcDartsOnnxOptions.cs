namespace Microsoft.ML.PcDarts;

/// <summary>The form of the file that <see cref="PcDartsTransformer.SaveOnnx"/> writes.</summary>
public sealed class PcDartsOnnxOptions
{
    /// <summary>How weights are stored. Default <see cref="OnnxWeightType.Float32"/>.</summary>
    public OnnxWeightType WeightType { get; set; }

    /// <summary>Whether <c>image</c> is float32 instead of uint8; its values are 0 to 255 all the same. Default false.</summary>
    public bool FloatPixels { get; set; }

    /// <summary>
    /// Whether the maps of the last cell at each resolution are outputs too: <c>map_stride_S [N, C, ceil(H / S), ceil(W / S)] float32</c>
    /// with S = 1, 2, 4 for the CIFAR stem and 8, 16, 32, besides 4 of the stem, for the ImageNet stem; those that a network of few cells
    /// reaches. Default false.
    /// </summary>
    public bool FeatureMaps { get; set; }
}
