namespace Microsoft.ML.PcDarts;

/// <summary>Everything besides the <see cref="Genotype"/> that fixes a discovered network's tensors.</summary>
public sealed record NetworkShape
{
    /// <summary>Channels C of the first cells; each reduction cell doubles them. At least 1; even for the ImageNet stem. The paper uses 36
    /// for CIFAR and 48 for ImageNet.</summary>
    public required int InitialChannels { get; init; }

    /// <summary>Number of cells, at least 1. The paper uses 20 for CIFAR and 14 for ImageNet.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of classes, at least 1.</summary>
    public required int Classes { get; init; }

    /// <summary>Layers before the first cell. Default: <see cref="NetworkStem.Cifar"/>.</summary>
    public NetworkStem Stem { get; init; }

    /// <summary>Height of the pictures in pixels, at least 1. Default: 32.</summary>
    public int ImageHeight { get; init; } = 32;

    /// <summary>Width of the pictures in pixels, at least 1. Default: 32.</summary>
    public int ImageWidth { get; init; } = 32;

    /// <summary>Whether a second classifier stands after the last reduction cell while training. Default: false.</summary>
    public bool AuxiliaryHead { get; init; }

    /// <summary>Checks every rule of the shape.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A member is out of range.</exception>
    internal void Validate()
    {
        AtLeastOne(InitialChannels, nameof(InitialChannels));
        AtLeastOne(Layers, nameof(Layers));
        AtLeastOne(Classes, nameof(Classes));
        AtLeastOne(ImageHeight, nameof(ImageHeight));
        AtLeastOne(ImageWidth, nameof(ImageWidth));
        if (!Enum.IsDefined(Stem))
            throw new ArgumentOutOfRangeException(nameof(Stem), Stem, $"{nameof(Stem)} must be a defined {nameof(NetworkStem)}.");
        if (Stem == NetworkStem.ImageNet && InitialChannels % 2 != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(InitialChannels), InitialChannels,
                $"{nameof(InitialChannels)} {InitialChannels} must be even for the ImageNet stem.");
        }
    }

    private static void AtLeastOne(int value, string name)
    {
        if (value < 1)
            throw new ArgumentOutOfRangeException(name, value, $"{name} {value} must be at least 1.");
    }
}
