namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>A state of a cell during a pass: its planes and what its edges share.</summary>
internal sealed unsafe partial class StatePass
{
    private readonly int _channels, _active;

    internal StatePass(int index, int stride, PlaneShape shape, PlaneShape node, EdgePass[] edges, int images, int channels, int active)
    {
        Index = index;
        Stride = stride;
        Shape = shape;
        Output = node;
        Edges = edges;
        _channels = channels;
        _active = active;
        Branches = [.. edges.SelectMany(edge => edge.Branches.Select(branch => (edge, branch)))];
        NeedsTiles = Branches.Any(entry => entry.Branch.Kind == BranchKind.Convolution && entry.Branch.Units[0].ReadsTiles);
        HasMaxPool = Branches.Any(entry => entry.Branch.Kind == BranchKind.MaxPool);
        HasAvgPool = Branches.Any(entry => entry.Branch.Kind == BranchKind.AvgPool);
        if (HasMaxPool || HasAvgPool)
            PoolTaps = Taps.Of(3, 1, stride, node);
        MaxMoments = new MapMoments(images, active);
        AvgMoments = new MapMoments(images, active);
    }

    internal int Index { get; }

    internal int Stride { get; }

    internal PlaneShape Shape { get; }

    /// <summary>Size of what its edges make of it.</summary>
    internal PlaneShape Output { get; }

    /// <summary>The edges that read it.</summary>
    internal EdgePass[] Edges { get; }

    internal (EdgePass Edge, BranchPass Branch)[] Branches { get; }

    internal bool NeedsTiles { get; }

    internal bool HasMaxPool { get; }

    internal bool HasAvgPool { get; }

    internal Taps? PoolTaps { get; }

    internal MapMoments MaxMoments { get; }

    internal MapMoments AvgMoments { get; }

    internal float* Planes { get; private set; }

    internal float* MaxPooled { get; private set; }

    internal float* AvgPooled { get; private set; }

    /// <summary>At stride 2 the 2×2 maxima of the channels that pass no operation.</summary>
    internal float* Bypassed { get; private set; }

    /// <summary>Gradient of <see cref="Planes"/>; exists during the backward pass.</summary>
    internal float* Gradient { get; set; }

    internal float* PlanesOf(int image) => Planes + (long)image * _channels * Shape.Size;

    internal float* GradientOf(int image) => Gradient + (long)image * _channels * Shape.Size;

    internal float* PooledOf(BranchKind kind, int image)
        => (kind == BranchKind.MaxPool ? MaxPooled : AvgPooled) + (long)image * _active * Output.Size;

    internal long PlaneFloats(int images) => (long)images * _channels * Shape.Size;

    /// <summary>Floats kept for the backward pass.</summary>
    internal long Floats(int images) => PlaneFloats(images)
        + (((HasMaxPool ? _active : 0) + (HasAvgPool ? _active : 0) + BypassedChannels) * (long)images * Output.Size);

    /// <summary>Takes memory from <paramref name="next"/> on and returns what follows it.</summary>
    internal float* Assign(float* next, int images)
    {
        long channel = (long)images * Output.Size;
        Planes = next;
        MaxPooled = Planes + PlaneFloats(images);
        AvgPooled = MaxPooled + (HasMaxPool ? _active * channel : 0);
        Bypassed = AvgPooled + (HasAvgPool ? _active * channel : 0);
        return Bypassed + BypassedChannels * channel;
    }

    private int BypassedChannels => Stride == 2 && Edges.Length > 0 ? _channels - _active : 0;
}
