namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Cells: a state during a pass, that is, its planes and what the edges that read it share.</summary>
internal sealed unsafe partial class StatePass
{
    private readonly int _channels, _activeChannels;

    public StatePass(int index, CellPlan plan, PlaneShape shape, PlaneShape nodeShape, EdgePass[] edges, int images)
    {
        Index = index;
        Stride = plan.StrideOf(index);
        Shape = shape;
        OutputShape = nodeShape;
        Edges = edges;
        _channels = plan.Channels;
        _activeChannels = plan.ActiveChannels;
        Branches = [.. edges.SelectMany(edge => edge.Branches.Select(branch => (edge, branch)))];
        NeedsTiles = Branches.Any(entry => entry.Branch.Kind == BranchKind.Convolution && entry.Branch.Units[0].ReadsTiles);
        HasMaxPool = Branches.Any(entry => entry.Branch.Kind == BranchKind.MaxPool);
        HasAvgPool = Branches.Any(entry => entry.Branch.Kind == BranchKind.AvgPool);
        if (HasMaxPool || HasAvgPool)
            _window = PoolWindow.Of(shape, Stride);
        MaxMoments = new MapMoments(HasMaxPool ? images : 0, _activeChannels);
        AvgMoments = new MapMoments(HasAvgPool ? images : 0, _activeChannels);
    }

    public int Index { get; }

    /// <summary>Stride of the edges that read it.</summary>
    public int Stride { get; }

    public PlaneShape Shape { get; }

    /// <summary>Size of the outputs of the edges that read it.</summary>
    public PlaneShape OutputShape { get; }

    /// <summary>The edges that read it.</summary>
    public EdgePass[] Edges { get; }

    public (EdgePass Edge, BranchPass Branch)[] Branches { get; }

    public bool NeedsTiles { get; }

    public bool HasMaxPool { get; }

    public bool HasAvgPool { get; }

    public MapMoments MaxMoments { get; }

    public MapMoments AvgMoments { get; }

    /// <summary>[N, C] planes.</summary>
    public float* Values { get; private set; }

    /// <summary>[N, active channels] planes, as <see cref="AvgPooled"/>.</summary>
    public float* MaxPooled { get; private set; }

    public float* AvgPooled { get; private set; }

    /// <summary>At stride 2 the 2×2 maxima of the bypassed channels, [N, C − active channels] planes.</summary>
    public float* Bypassed { get; private set; }

    /// <summary>Gradient of <see cref="Values"/>; exists during the backward pass.</summary>
    public float* Gradient { get; set; }

    public float* ValuesOf(int image) => Values + (long)image * _channels * Shape.PlaneFloats;

    public float* GradientOf(int image) => Gradient + (long)image * _channels * Shape.PlaneFloats;

    public float* PooledOf(BranchKind kind, int image)
        => (kind == BranchKind.MaxPool ? MaxPooled : AvgPooled) + (long)image * _activeChannels * OutputShape.PlaneFloats;

    /// <summary>The plane of a bypassed channel as its edges add it to their nodes.</summary>
    public float* BypassOf(int channel, int image) => Stride == 1
        ? ValuesOf(image) + channel * Shape.PlaneFloats
        : Bypassed + ((long)image * (_channels - _activeChannels) + channel - _activeChannels) * OutputShape.PlaneFloats;

    /// <summary>Floats of <see cref="Values"/>.</summary>
    public long ValueFloats(int images) => (long)images * _channels * Shape.PlaneFloats;

    /// <summary>Floats kept for the backward pass.</summary>
    public long KeptFloats(int images)
    {
        int pooledChannels = (HasMaxPool ? _activeChannels : 0) + (HasAvgPool ? _activeChannels : 0);
        return ValueFloats(images) + (pooledChannels + BypassedChannels) * (long)images * OutputShape.PlaneFloats;
    }

    /// <summary>Uses memory from <paramref name="next"/> on and returns the end of it.</summary>
    public float* Assign(float* next, int images)
    {
        long channel = (long)images * OutputShape.PlaneFloats;
        Values = next;
        MaxPooled = Values + ValueFloats(images);
        AvgPooled = MaxPooled + (HasMaxPool ? _activeChannels * channel : 0);
        Bypassed = AvgPooled + (HasAvgPool ? _activeChannels * channel : 0);
        return Bypassed + BypassedChannels * channel;
    }

    private int BypassedChannels => Stride == 2 && Edges.Length > 0 ? _channels - _activeChannels : 0;
}
