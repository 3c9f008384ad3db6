using TorchSharp.Modules;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// Interface to torch: a unit is ReLU, an optional depthwise convolution, 1×1 convolutions and a batch norm. Every learned operation
/// consists of one or two.
/// </summary>
/// <param name="Depthwise">The depthwise convolution, or null.</param>
/// <param name="Pointwise">
/// One 1×1 convolution; two for a factorized reduction, the second of which reads the pixels between those of the first.
/// </param>
/// <param name="Norm">The batch norm.</param>
/// <param name="Stride">1 or 2.</param>
internal sealed record ConvolutionUnit(Conv2d? Depthwise, IReadOnlyList<Conv2d> Pointwise, BatchNorm2d Norm, int Stride);

internal enum BranchKind
{
    Identity,
    MaxPool,
    AvgPool,
    Convolution,
}

/// <summary>One operation of an edge.</summary>
/// <param name="Kind">The kind of operation.</param>
/// <param name="Units">For a convolution, its units in order.</param>
/// <param name="Norm">The batch norm after pooling, if there is one.</param>
internal sealed record Branch(BranchKind Kind, IReadOnlyList<ConvolutionUnit> Units, BatchNorm2d? Norm = null)
{
    public static Branch Of(params ConvolutionUnit[] units) => new(BranchKind.Convolution, units);
}

/// <summary>An edge of a cell.</summary>
/// <param name="Source">The state it reads: 0 and 1 are the inputs, then the nodes.</param>
/// <param name="Node">The node it adds to, from 0.</param>
/// <param name="Branches">Its operations with their numbers in the mixture.</param>
internal sealed record CellEdge(int Source, int Node, IReadOnlyList<(int Operation, Branch Branch)> Branches);

/// <summary>The cell that a pass computes: its operations and channels. The sizes of the maps come with the images.</summary>
internal sealed record CellPlan
{
    /// <summary>Channels of each state.</summary>
    public required int Channels { get; init; }

    /// <summary>K: one of K channels is active, that is, goes through the operations of an edge. 1 if all are.</summary>
    public required int PartialChannels { get; init; }

    public required int Nodes { get; init; }

    public required bool Reduction { get; init; }

    public required ConvolutionUnit Preprocess0 { get; init; }

    public required ConvolutionUnit Preprocess1 { get; init; }

    public required IReadOnlyList<CellEdge> Edges { get; init; }

    /// <summary>The states that make up the output.</summary>
    public required IReadOnlyList<int> Concat { get; init; }

    /// <summary>Number of active channels; the other channels bypass the operations.</summary>
    public int ActiveChannels => Channels / PartialChannels;

    /// <summary>Stride of the edges that read a state.</summary>
    public int StrideOf(int state) => Reduction && state < 2 ? 2 : 1;

    /// <summary>The channel of a node to which a channel of its edges' outputs is added: the channel shuffle moves no data.</summary>
    // g · active + i goes to i · K + g.
    public int Shuffled(int channel) => channel % ActiveChannels * PartialChannels + channel / ActiveChannels;
}
