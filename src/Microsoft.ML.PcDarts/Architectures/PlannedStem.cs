namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>The layers before the first cell.</summary>
internal sealed record PlannedStem(IReadOnlyList<PlannedUnit> Units)
{
    private const int PictureChannels = 3;
    private const int CifarMultiplier = 3;

    /// <summary>The map that the first cell reads as that of the cell before the previous one; for CIFAR the same as
    /// <see cref="Output1"/>.</summary>
    public MapShape Output0 => Units[^Math.Min(2, Units.Count)].Output;

    /// <summary>The map that the first cell reads as the previous cell's.</summary>
    public MapShape Output1 => Units[^1].Output;

    /// <summary>Stride of the last map over the picture.</summary>
    public int PictureStride => Units.Aggregate(1, (stride, unit) => stride * unit.Last[0].Stride.H);

    /// <summary>One convolution at full size for CIFAR, three of stride 2 for ImageNet.</summary>
    /// <exception cref="OverflowException">There are too many channels to count.</exception>
    public static PlannedStem Of(NetworkShape shape)
    {
        MapShape picture = new(PictureChannels, shape.ImageHeight, shape.ImageWidth);
        int channels = shape.InitialChannels;
        if (shape.Stem == NetworkStem.Cifar)
            return new([PlannedUnit.Square(rectifies: false, "stem.0", "stem.1", picture, checked(CifarMultiplier * channels), stride: 1)]);
        PlannedUnit half = PlannedUnit.Square(rectifies: false, "stem0.0", "stem0.1", picture, channels / 2, stride: 2);
        PlannedUnit quarter = PlannedUnit.Square(rectifies: true, "stem0.3", "stem0.4", half.Output, channels, stride: 2);
        return new([half, quarter, PlannedUnit.Square(rectifies: true, "stem1.1", "stem1.2", quarter.Output, channels, stride: 2)]);
    }
}
