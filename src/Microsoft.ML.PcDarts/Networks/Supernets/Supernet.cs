using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Kernels;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>
/// The network that is searched (PC-DARTS, model_search.py): stem, cells of mixed operations, global average, linear classifier.
/// Reductions stand at a third and two thirds of the depth.
/// </summary>
internal sealed class Supernet : nn.Module
{
    private readonly Stem _stem;
    private readonly SearchCell[] _cells;
    private readonly Linear _classifier;
    private readonly CellTopology _topology;
    private readonly Parameter[] _weights, _ungathered;
    private readonly IdentityMatrices _identities = new();
    private WideWeights? _wideWeights;
    private bool _requiresGrad = true;
    private readonly CellBuffers _buffers = new(get_num_threads());

    /// <summary>Builds the network with torch's default initialization, drawn from torch's generator.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="device">Where it computes.</param>
    /// <param name="type">Type of the parameters: float32, or float64 to compare with exact values; the kernels need float32.</param>
    /// <exception cref="ArgumentOutOfRangeException">A member of <paramref name="shape"/> is out of range.</exception>
    public Supernet(SupernetShape shape, Device device, ScalarType type = ScalarType.Float32) : base(nameof(Supernet))
    {
        shape.Validate();
        Shape = shape;
        _topology = new CellTopology(shape.Nodes);
        int inputs0 = shape.StemMultiplier * shape.InitialChannels, inputs1 = inputs0;
        _stem = Stem.Register(this, shape.Stem, inputs0);
        _cells = new SearchCell[shape.Layers];
        foreach (CellPlace place in shape.Cells())
        {
            _cells[place.Index] = new SearchCell(_topology, place, inputs0, inputs1, shape.PartialChannels);
            (inputs0, inputs1) = (inputs1, shape.Nodes * place.Channels);
        }

        register_module("cells", new ModuleGroup([.. _cells.Select((cell, index) => ($"{index}", (nn.Module)cell))]));
        _classifier = nn.Linear(inputs1, shape.Classes);
        register_module("classifier", _classifier);
        this.to(device);
        if (type != ScalarType.Float32)
            this.to(type);
        _weights = [.. parameters()];
        _ungathered = [.. named_parameters()
            .Where(entry => !entry.name.Contains("._ops.", StringComparison.Ordinal))
            .Select(entry => entry.parameter)];
    }

    public SupernetShape Shape { get; }

    /// <summary>How the cells are computed.</summary>
    public CellForm Form { get; init; }

    /// <summary>Whether the kernels compute a cell again in the backward pass instead of keeping its maps.</summary>
    public bool MemorySaving { get; init; }

    /// <summary>[N, 3, H, W] float32 or bfloat16 → logits [N, classes] float32. Maps have the pictures' type, parameters and statistics
    /// stay float32.</summary>
    public Tensor Forward(Tensor images, ArchitectureParameters architecture)
    {
        using DisposeScope scope = NewDisposeScope();
        CellWeights normal = CellWeights.Of(architecture.AlphaNormal, architecture.BetaNormal, _topology);
        CellWeights reduce = CellWeights.Of(architecture.AlphaReduce, architecture.BetaReduce, _topology);
        CellForm form = Form != CellForm.Automatic ? Form : CellKernels.Support(images) ? CellForm.Kernels : CellForm.Wide;
        WideMixture[] wideNormal = [], wideReduce = [];
        WidePass? pass = null;
        if (form == CellForm.Wide)
        {
            images = ChannelsLast.Of(images);
            pass = new WidePass(Widen().Gather(images.dtype, _requiresGrad), _identities, training);
            wideNormal = WideMixture.Of(normal.Mixture.to(_classifier.weight!.dtype), _topology, reduction: false);
            wideReduce = WideMixture.Of(reduce.Mixture.to(_classifier.weight!.dtype), _topology, reduction: true);
        }

        (Tensor previous, Tensor current) = _stem.Forward(images);
        foreach (SearchCell cell in _cells)
            (previous, current) = (current, Cell(cell));
        Tensor features = current.mean([2, 3], type: _classifier.weight!.dtype); // [N, nodes · C]
        return _classifier.call(features).MoveToOuterDisposeScope();

        Tensor Cell(SearchCell cell) => form switch
        {
            CellForm.Kernels => CellFunction.Apply(
                cell.Plan,
                _buffers,
                previous,
                current,
                (cell.IsReduction ? reduce : normal).Mixture,
                training,
                dropPathScales: null,
                MemorySaving),
            CellForm.Wide => cell.ForwardWide(previous, current, cell.IsReduction ? wideReduce : wideNormal, pass!),
            _ => cell.Forward(previous, current, cell.IsReduction ? reduce : normal),
        };
    }

    /// <summary>Whether gradients of the weights are computed; off while the architecture is stepped.</summary>
    public void SetRequiresGrad(bool value)
    {
        _requiresGrad = value;
        // The wide form gathers the weights of the edges and heeds the field; some thousand parameters less to change in every step.
        foreach (Parameter parameter in IsWide ? _ungathered : _weights)
            parameter.requires_grad = value;
    }

    private WideWeights Widen()
    {
        if (_wideWeights is null)
        {
            _wideWeights = new WideWeights();
            foreach (SearchCell cell in _cells)
                cell.Widen(_wideWeights);
        }

        return _wideWeights;
    }

    private bool IsWide => Form == CellForm.Wide || (Form == CellForm.Automatic && _classifier.weight!.device_type != DeviceType.CPU);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _identities.Dispose();
            _wideWeights?.Dispose();
            _buffers.Dispose();
        }

        base.Dispose(disposing);
    }

    protected override void RegisterComponents() { }
}
