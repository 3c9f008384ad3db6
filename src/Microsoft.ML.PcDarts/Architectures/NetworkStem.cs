namespace Microsoft.ML.PcDarts;

/// <summary>Layers before the first cell.</summary>
public enum NetworkStem
{
    /// <summary>One 3×3 convolution to three times the initial channels; the maps keep the size of the picture.</summary>
    Cifar,

    /// <summary>Three 3×3 convolutions of stride 2; the first cell reads maps of 1/8 of the picture's size.</summary>
    ImageNet,
}
