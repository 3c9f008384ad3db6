namespace Microsoft.ML.PcDarts;

/// <summary>
/// An operation that an edge of a cell can carry. The first eight are the ones PC-DARTS searches over, in the paper's order
/// (a column of α each); the last two appear only in published genotypes.
/// </summary>
public enum Primitive
{
    /// <summary>No connection; searched, never decoded.</summary>
    None,

    /// <summary>3×3 max pooling.</summary>
    MaxPool3x3,

    /// <summary>3×3 average pooling that does not count the padding.</summary>
    AvgPool3x3,

    /// <summary>Identity; a factorized reduction where the stride is 2.</summary>
    SkipConnect,

    /// <summary>Two 3×3 depthwise-separable convolutions.</summary>
    SepConv3x3,

    /// <summary>Two 5×5 depthwise-separable convolutions.</summary>
    SepConv5x5,

    /// <summary>A 3×3 depthwise-separable convolution of dilation 2.</summary>
    DilConv3x3,

    /// <summary>A 5×5 depthwise-separable convolution of dilation 2.</summary>
    DilConv5x5,

    /// <summary>Two 7×7 depthwise-separable convolutions (NASNet, AmoebaNet).</summary>
    SepConv7x7,

    /// <summary>A 1×7 convolution followed by a 7×1 convolution (AmoebaNet).</summary>
    Conv7x1Then1x7,
}
