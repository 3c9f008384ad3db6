namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>A map <c>[N, Channels, Height, Width]</c> inside a network.</summary>
internal readonly record struct MapShape(int Channels, int Height, int Width)
{
    public long Pixels => (long)Height * Width;

    /// <summary>The map after a layer of that stride: sides round up.</summary>
    public MapShape Strided(int stride) => Strided((stride, stride));

    /// <inheritdoc cref="Strided(int)"/>
    public MapShape Strided((int H, int W) stride) =>
        this with { Height = (Height - 1) / stride.H + 1, Width = (Width - 1) / stride.W + 1 };
}
