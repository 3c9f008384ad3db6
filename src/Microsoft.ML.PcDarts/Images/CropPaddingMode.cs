namespace Microsoft.ML.PcDarts;

/// <summary>The content of a random crop where it reaches beyond the picture.</summary>
public enum CropPaddingMode
{
    /// <summary>Black, as in the paper's code.</summary>
    Constant,

    /// <summary>The picture mirrored at its edge, without repeating the outermost pixels.</summary>
    Reflect,
}
