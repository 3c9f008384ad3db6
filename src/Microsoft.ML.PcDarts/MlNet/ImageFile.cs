namespace Microsoft.ML.PcDarts.MlNet;

/// <summary>A row of <c>LoadImageFolder</c>; the property names are the column names.</summary>
internal sealed class ImageFile
{
    /// <summary>Full path.</summary>
    public required string ImagePath { get; init; }

    /// <summary>Name of the class folder.</summary>
    public required string Label { get; init; }
}
