namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Cells: an edge during a pass.</summary>
internal sealed class EdgePass(CellEdge edge, int index, int images, PlaneShape source, PlaneShape node)
{
    public int Index => index;

    public int Source => edge.Source;

    public int Node => edge.Node;

    /// <summary>For each image, the gradient of the bypass's factor.</summary>
    public double[] BypassGradients { get; } = new double[images];

    public BranchPass[] Branches { get; } =
        [.. edge.Branches.Select(entry => new BranchPass(entry.Operation, entry.Branch, images, source, node))];
}

/// <summary>An operation of an edge during a pass.</summary>
internal sealed class BranchPass
{
    public BranchPass(int operation, Branch branch, int images, PlaneShape source, PlaneShape node)
    {
        Operation = operation;
        Kind = branch.Kind;
        Units = [.. branch.Units.Select((unit, i) => new UnitPass(unit, images, i == 0 ? source : node))];
        FactorGradients = new double[images];
        Norm = Units.Length > 0 ? Units[^1].Norm : branch.Norm is null ? null : new NormPass(branch.Norm, images, node.Pixels);
    }

    /// <summary>Number of the operation in the mixture.</summary>
    public int Operation { get; }

    public BranchKind Kind { get; }

    public UnitPass[] Units { get; }

    /// <summary>Whether it is a separable convolution, which has two units.</summary>
    public bool IsSeparable => Units.Length > 1;

    /// <summary>The norm that ends the operation, if one does.</summary>
    public NormPass? Norm { get; }

    /// <summary>For an operation without a norm, the gradient of its factor for each image.</summary>
    public double[] FactorGradients { get; }
}
