namespace Microsoft.ML.PcDarts.Images;

/// <summary>Random changes to the pictures of a training batch, besides cutout, which only the final training has.</summary>
internal sealed record AugmentationSettings
{
    /// <summary>Padding in pixels of the random crop; null for an eighth of the shorter side.</summary>
    public required int? CropPadding { get; init; }

    public required CropPaddingMode CropPaddingMode { get; init; }

    public required bool HorizontalFlip { get; init; }

    /// <summary>Whether a picture is mirrored in every other epoch instead of by chance.</summary>
    public required bool AlternateFlips { get; init; }
}
