using TorchSharp.Modules;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>ReLU, an optional depthwise convolution, 1×1 convolutions, batch norm: what every learned operation of a cell is made of.</summary>
/// <param name="Depthwise">The depthwise convolution, or null.</param>
/// <param name="Pointwise">One 1×1 convolution; two for a factorized reduction, the second of which reads the pixels between those of the first.</param>
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
/// <param name="Kind">What it computes.</param>
/// <param name="Units">Its units in order, for a convolution.</param>
/// <param name="Norm">The batch norm after pooling, if there is one.</param>
internal sealed record Branch(BranchKind Kind, IReadOnlyList<ConvolutionUnit> Units, BatchNorm2d? Norm = null)
{
    internal static Branch Of(params ConvolutionUnit[] units) => new(BranchKind.Convolution, units);
}

/// <summary>An edge of a cell.</summary>
/// <param name="Source">State that it reads: 0 and 1 are the inputs, then the nodes.</param>
/// <param name="Node">Node that it adds to, from 0.</param>
/// <param name="Branches">Its operations with their numbers in the mixture.</param>
internal sealed record CellEdge(int Source, int Node, IReadOnlyList<(int Operation, Branch Branch)> Branches);

/// <summary>All that the kernels must know about a cell; the shapes come with the pictures.</summary>
internal sealed record CellPlan
{
    /// <summary>Channels of each state.</summary>
    internal required int Channels { get; init; }

    /// <summary>K; 1 when every channel passes the operations.</summary>
    internal required int PartialChannels { get; init; }

    internal required int Nodes { get; init; }

    internal required bool Reduction { get; init; }

    internal required ConvolutionUnit Preprocess0 { get; init; }

    internal required ConvolutionUnit Preprocess1 { get; init; }

    internal required IReadOnlyList<CellEdge> Edges { get; init; }

    /// <summary>The states that make the output.</summary>
    internal required IReadOnlyList<int> Concat { get; init; }

    /// <summary>Channels that pass the operations.</summary>
    internal int Active => Channels / PartialChannels;

    /// <summary>Stride of the edges that read a state.</summary>
    internal int StrideOf(int state) => Reduction && state < 2 ? 2 : 1;
}
