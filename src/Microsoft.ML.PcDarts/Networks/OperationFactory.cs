namespace Microsoft.ML.PcDarts.Networks;

/// <summary>Builds the layer that a <see cref="Primitive"/> stands for.</summary>
internal static class OperationFactory
{
    /// <summary>The operation of a discovered network: affine batch norms, none after pooling.</summary>
    public static Operation Discovered(Primitive primitive, int channels, int stride)
        => Create(primitive, channels, stride, affine: true, normalizePools: false);

    /// <summary>The candidate operation of a supernet: batch norms without parameters, after pooling too.</summary>
    public static Operation Candidate(Primitive primitive, int channels, int stride)
        => Create(primitive, channels, stride, affine: false, normalizePools: true);

    /// <summary>The layer that brings a map to a cell's width, and to half its sides where it comes from before a reduction.</summary>
    public static Operation Preprocess(int input, int output, bool halves, bool affine)
        => halves ? new FactorizedReduce(input, output, affine) : new ReluConvBn(input, output, affine);

    private static Operation Create(Primitive primitive, int channels, int stride, bool affine, bool normalizePools) => primitive switch
    {
        Primitive.MaxPool3x3 => new Pool3x3(maximum: true, channels, stride, normalizePools),
        Primitive.AvgPool3x3 => new Pool3x3(maximum: false, channels, stride, normalizePools),
        Primitive.SkipConnect => stride == 1 ? new Identity() : new FactorizedReduce(channels, channels, affine),
        Primitive.SepConv3x3 => new SeparableConv(channels, 3, stride, affine),
        Primitive.SepConv5x5 => new SeparableConv(channels, 5, stride, affine),
        Primitive.SepConv7x7 => new SeparableConv(channels, 7, stride, affine),
        Primitive.DilConv3x3 => new DilatedConv(channels, 3, stride, affine),
        Primitive.DilConv5x5 => new DilatedConv(channels, 5, stride, affine),
        Primitive.Conv7x1Then1x7 => new FactorizedConv7x7(channels, stride, affine),
        _ => throw new ArgumentOutOfRangeException(nameof(primitive), primitive, "No layer computes this operation."),
    };
}
