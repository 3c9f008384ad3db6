namespace Microsoft.ML.PcDarts;

/// <summary>The architecture parameters at a moment of the search, before any softmax. E edges; the 8 operations of an edge are in the order of the paper's code: none, max_pool_3x3, avg_pool_3x3,
/// skip_connect, sep_conv_3x3, sep_conv_5x5, dil_conv_3x3, dil_conv_5x5. Edges are those into the first node, by input, then those into the second, and so on.</summary>
/// <param name="AlphaNormal">α of the normal cell, E × 8 values, an edge after the other.</param>
/// <param name="AlphaReduce">α of the reduction cell, likewise.</param>
/// <param name="BetaNormal">β of the normal cell, E values.</param>
/// <param name="BetaReduce">β of the reduction cell, E values.</param>
public sealed record ArchitectureValues(IReadOnlyList<float> AlphaNormal, IReadOnlyList<float> AlphaReduce, IReadOnlyList<float> BetaNormal, IReadOnlyList<float> BetaReduce);
