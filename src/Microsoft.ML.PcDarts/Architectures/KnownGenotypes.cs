using static Microsoft.ML.PcDarts.Primitive;

namespace Microsoft.ML.PcDarts;

/// <summary>Published architectures, as the reference code's <c>genotypes.py</c> lists them.</summary>
public static class KnownGenotypes
{
    /// <summary>NASNet-A (Zoph et al., 2018): 5 nodes.</summary>
    public static Genotype NasNet { get; } = new(
        [
            new(SepConv5x5, 1), new(SepConv3x3, 0), new(SepConv5x5, 0), new(SepConv3x3, 0), new(AvgPool3x3, 1),
            new(SkipConnect, 0), new(AvgPool3x3, 0), new(AvgPool3x3, 0), new(SepConv3x3, 1), new(SkipConnect, 1),
        ],
        [2, 3, 4, 5, 6],
        [
            new(SepConv5x5, 1), new(SepConv7x7, 0), new(MaxPool3x3, 1), new(SepConv7x7, 0), new(AvgPool3x3, 1),
            new(SepConv5x5, 0), new(SkipConnect, 3), new(AvgPool3x3, 2), new(SepConv3x3, 2), new(MaxPool3x3, 1),
        ],
        [4, 5, 6]);

    /// <summary>AmoebaNet-A (Real et al., 2019): 5 nodes.</summary>
    public static Genotype AmoebaNet { get; } = new(
        [
            new(AvgPool3x3, 0), new(MaxPool3x3, 1), new(SepConv3x3, 0), new(SepConv5x5, 2), new(SepConv3x3, 0),
            new(AvgPool3x3, 3), new(SepConv3x3, 1), new(SkipConnect, 1), new(SkipConnect, 0), new(AvgPool3x3, 1),
        ],
        [4, 5, 6],
        [
            new(AvgPool3x3, 0), new(SepConv3x3, 1), new(MaxPool3x3, 0), new(SepConv7x7, 2), new(SepConv7x7, 0),
            new(AvgPool3x3, 1), new(MaxPool3x3, 0), new(MaxPool3x3, 1), new(Conv7x1Then1x7, 0), new(SepConv3x3, 5),
        ],
        [3, 4, 6]);

    /// <summary>DARTS, first order (Liu et al., 2019).</summary>
    public static Genotype DartsV1 { get; } = new(
        [
            new(SepConv3x3, 1), new(SepConv3x3, 0), new(SkipConnect, 0), new(SepConv3x3, 1),
            new(SkipConnect, 0), new(SepConv3x3, 1), new(SepConv3x3, 0), new(SkipConnect, 2),
        ],
        [2, 3, 4, 5],
        [
            new(MaxPool3x3, 0), new(MaxPool3x3, 1), new(SkipConnect, 2), new(MaxPool3x3, 0),
            new(MaxPool3x3, 0), new(SkipConnect, 2), new(SkipConnect, 2), new(AvgPool3x3, 0),
        ],
        [2, 3, 4, 5]);

    /// <summary>DARTS, second order (Liu et al., 2019).</summary>
    public static Genotype DartsV2 { get; } = new(
        [
            new(SepConv3x3, 0), new(SepConv3x3, 1), new(SepConv3x3, 0), new(SepConv3x3, 1),
            new(SepConv3x3, 1), new(SkipConnect, 0), new(SkipConnect, 0), new(DilConv3x3, 2),
        ],
        [2, 3, 4, 5],
        [
            new(MaxPool3x3, 0), new(MaxPool3x3, 1), new(SkipConnect, 2), new(MaxPool3x3, 1),
            new(MaxPool3x3, 0), new(SkipConnect, 2), new(SkipConnect, 2), new(MaxPool3x3, 1),
        ],
        [2, 3, 4, 5]);

    /// <summary>PC-DARTS searched on CIFAR-10 (Xu et al., 2020).</summary>
    public static Genotype PcDartsCifar { get; } = new(
        [
            new(SepConv3x3, 1), new(SkipConnect, 0), new(SepConv3x3, 0), new(DilConv3x3, 1),
            new(SepConv5x5, 0), new(SepConv3x3, 1), new(AvgPool3x3, 0), new(DilConv3x3, 1),
        ],
        [2, 3, 4, 5],
        [
            new(SepConv5x5, 1), new(MaxPool3x3, 0), new(SepConv5x5, 1), new(SepConv5x5, 2),
            new(SepConv3x3, 0), new(SepConv3x3, 3), new(SepConv3x3, 1), new(SepConv3x3, 2),
        ],
        [2, 3, 4, 5]);

    /// <summary>PC-DARTS searched on ImageNet (Xu et al., 2020).</summary>
    public static Genotype PcDartsImageNet { get; } = new(
        [
            new(SkipConnect, 1), new(SepConv3x3, 0), new(SepConv3x3, 0), new(SkipConnect, 1),
            new(SepConv3x3, 1), new(SepConv3x3, 3), new(SepConv3x3, 1), new(DilConv5x5, 4),
        ],
        [2, 3, 4, 5],
        [
            new(SepConv3x3, 0), new(SkipConnect, 1), new(DilConv5x5, 2), new(MaxPool3x3, 1),
            new(SepConv3x3, 2), new(SepConv3x3, 1), new(SepConv5x5, 0), new(SepConv3x3, 3),
        ],
        [2, 3, 4, 5]);

    /// <summary>All of them by their names in the reference code, whatever the case of the letters: NASNet, AmoebaNet, DARTS_V1, DARTS_V2,
    /// PC_DARTS_cifar, PC_DARTS_image.</summary>
    public static IReadOnlyDictionary<string, Genotype> All { get; } = new Dictionary<string, Genotype>(StringComparer.OrdinalIgnoreCase)
    {
        ["NASNet"] = NasNet,
        ["AmoebaNet"] = AmoebaNet,
        ["DARTS_V1"] = DartsV1,
        ["DARTS_V2"] = DartsV2,
        ["PC_DARTS_cifar"] = PcDartsCifar,
        ["PC_DARTS_image"] = PcDartsImageNet,
    }.AsReadOnly();
}
