namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>Limits of the networks that are searched and trained, which the options and the readers of files share.</summary>
internal static class ShapeLimits
{
    /// <summary>Most initial channels C, and the most that K divides them by.</summary>
    public const int Channels = 1024;

    /// <summary>Most cells of a network.</summary>
    public const int Layers = 100;

    /// <summary>Most nodes of a searched cell.</summary>
    public const int Nodes = 8;

    /// <summary>Smallest side of a picture in pixels.</summary>
    public const int SmallestSide = 8;

    /// <summary>Largest side of a picture in pixels that is searched and trained on.</summary>
    public const int LargestSide = 1024;
}
