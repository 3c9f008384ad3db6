namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Cells: states that a sweep works on together, which are the two inputs or one node.</summary>
internal sealed class StateGroup(params StatePass[] states)
{
    public StatePass[] States => states;

    public bool HasEdges { get; } = states.Any(state => state.Edges.Length > 0);

    /// <summary>The separable convolutions of the edges that read the states.</summary>
    public BranchPass[] Separable { get; } =
        [.. states.SelectMany(state => state.Branches).Select(entry => entry.Branch).Where(branch => branch.IsSeparable)];
}
