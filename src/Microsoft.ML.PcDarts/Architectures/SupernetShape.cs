namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>Everything that fixes a supernet's tensors.</summary>
internal sealed record SupernetShape
{
    /// <summary>Channels C of the first cells, a multiple of <see cref="PartialChannels"/>; the paper uses 16.</summary>
    public required int InitialChannels { get; init; }

    /// <summary>Number of cells; the paper uses 8.</summary>
    public required int Layers { get; init; }

    public required int Classes { get; init; }

    public NetworkStem Stem { get; init; }

    /// <summary>Nodes of a cell.</summary>
    public int Nodes { get; init; } = 4;

    /// <summary>K: one of K channels passes the operations. The paper uses 4 for CIFAR and 2 for ImageNet.</summary>
    public int PartialChannels { get; init; } = 4;

    /// <summary>The stem's width in multiples of <see cref="InitialChannels"/>.</summary>
    public int StemMultiplier { get; init; } = 3;

    /// <summary>Where its cells stand. A method, since a search's file holds the properties.</summary>
    public IEnumerable<CellPlace> Cells() => CellPlace.Of(Layers, InitialChannels, Stem);

    /// <summary>Checks every rule of the shape.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A member is out of range.</exception>
    public void Validate()
    {
        AtLeastOne(InitialChannels, nameof(InitialChannels));
        AtLeastOne(Layers, nameof(Layers));
        AtLeastOne(Classes, nameof(Classes));
        AtLeastOne(Nodes, nameof(Nodes));
        AtLeastOne(PartialChannels, nameof(PartialChannels));
        AtLeastOne(StemMultiplier, nameof(StemMultiplier));
        if (!Enum.IsDefined(Stem))
            throw new ArgumentOutOfRangeException(nameof(Stem), Stem, $"{nameof(Stem)} must be a defined {nameof(NetworkStem)}.");
        if (InitialChannels % PartialChannels != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(InitialChannels), InitialChannels,
                $"{nameof(InitialChannels)} {InitialChannels} must be divisible by {nameof(PartialChannels)} {PartialChannels}.");
        }
    }

    private static void AtLeastOne(int value, string name)
    {
        if (value < 1)
            throw new ArgumentOutOfRangeException(name, value, $"{name} {value} must be at least 1.");
    }
}
