namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>One or more convolutions and the batch norm that ends them. All layers with weights but the classifiers are made of these.
/// </summary>
/// <param name="Rectifies">Whether a ReLU comes first.</param>
/// <param name="First">A depthwise or 1×7 convolution before <paramref name="Last"/>, without a norm of its own; null for none.</param>
/// <param name="Last">One convolution, or the two of a factorized reduction, whose outputs are concatenated: the second one reads the map
/// without its first row and column.</param>
/// <param name="Norm">The norm of the last convolutions; null for none.</param>
internal sealed record PlannedUnit(bool Rectifies, PlannedConvolution? First, IReadOnlyList<PlannedConvolution> Last, PlannedNorm? Norm)
{
    public IEnumerable<PlannedConvolution> Convolutions => First is null ? Last : Last.Prepend(First);

    public MapShape Output => Last[0].Output with { Channels = Last.Sum(convolution => convolution.Output.Channels) };

    /// <summary>Weights that are trained.</summary>
    public IEnumerable<PlannedWeight> Parameters =>
        [.. Convolutions.Select(convolution => convolution.Weight), .. Norm is null ? [] : (PlannedWeight[])[Norm.Factor, Norm.Summand]];

    /// <summary>Running statistics.</summary>
    public IEnumerable<PlannedWeight> Statistics => Norm is null ? [] : [Norm.Mean, Norm.Variance];

    /// <summary>The units of an edge's operation, one after the other; none for pooling and identity.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No discovered network has the operation.</exception>
    public static IReadOnlyList<PlannedUnit> Of(Primitive operation, string name, MapShape input, int stride) => operation switch
    {
        Primitive.MaxPool3x3 or Primitive.AvgPool3x3 => [],
        Primitive.SkipConnect => stride == 1 ? [] : [Halving(name, input, input.Channels)],
        Primitive.SepConv3x3 => Separable(name, input, 3, stride),
        Primitive.SepConv5x5 => Separable(name, input, 5, stride),
        Primitive.SepConv7x7 => Separable(name, input, 7, stride),
        Primitive.DilConv3x3 => [Depthwise(name, 1, input, 3, stride, dilation: 2)],
        Primitive.DilConv5x5 => [Depthwise(name, 1, input, 5, stride, dilation: 2)],
        Primitive.Conv7x1Then1x7 => [Along1x7Across7x1(name, input, stride)],
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "Not an operation of a discovered network."),
    };

    /// <summary>A 3×3 convolution of the stem.</summary>
    public static PlannedUnit Square(bool rectifies, string convolution, string norm, MapShape input, int channels, int stride)
    {
        MapShape output = input.Strided(stride) with { Channels = channels };
        return new(rectifies, null, [new(convolution, input.Channels, output, (3, 3), (stride, stride))], new(norm, channels));
    }

    /// <summary>A 1×1 convolution to another number of channels.</summary>
    public static PlannedUnit Pointwise(string name, MapShape input, int channels) => new(
        Rectifies: true,
        null,
        [Pointwise($"{name}.op.1", input.Channels, input with { Channels = channels })],
        new($"{name}.op.2", channels));

    /// <summary>A factorized reduction: two 1×1 convolutions of every second pixel, each to half of the channels.</summary>
    // Differs from PC-DARTS: an odd number of channels splits unevenly.
    public static PlannedUnit Halving(string name, MapShape input, int channels)
    {
        int second = channels / 2;
        PlannedConvolution first = Half("conv_1", channels - second);
        return new(Rectifies: true, null, second == 0 ? [first] : [first, Half("conv_2", second)], new($"{name}.bn", channels));

        PlannedConvolution Half(string half, int outputs) =>
            new($"{name}.{half}", input.Channels, input.Strided(2) with { Channels = outputs }, (1, 1), (2, 2));
    }

    private static PlannedUnit[] Separable(string name, MapShape input, int kernel, int stride) =>
        [Depthwise(name, 1, input, kernel, stride, dilation: 1), Depthwise(name, 5, input.Strided(stride), kernel, 1, dilation: 1)];

    // Members number, number + 1 and number + 2 of the sequence "op" in the paper's code; the one before them is the ReLU.
    private static PlannedUnit Depthwise(string name, int number, MapShape input, int kernel, int stride, int dilation)
    {
        MapShape output = input.Strided(stride);
        return new(
            Rectifies: true,
            new($"{name}.op.{number}", input.Channels, output, (kernel, kernel), (stride, stride))
            {
                Dilation = dilation, IsDepthwise = true,
            },
            [Pointwise($"{name}.op.{number + 1}", input.Channels, output)],
            new($"{name}.op.{number + 2}", input.Channels));
    }

    private static PlannedUnit Along1x7Across7x1(string name, MapShape input, int stride) => new(
        Rectifies: true,
        new($"{name}.1", input.Channels, input.Strided((1, stride)), (1, 7), (1, stride)),
        [new($"{name}.2", input.Channels, input.Strided(stride), (7, 1), (stride, 1))],
        new($"{name}.3", input.Channels));

    private static PlannedConvolution Pointwise(string name, int inputs, MapShape output) => new(name, inputs, output, (1, 1), (1, 1));
}
