using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Kernels;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Discovered;

/// <summary>
/// The network that a genotype describes (PC-DARTS, model.py): stem, cells, global average, linear classifier, and while training an
/// auxiliary classifier after the second reduction. On a GPU activations are channels-last.
/// </summary>
internal sealed class DiscoveredNetwork : nn.Module
{
    private readonly NetworkPlan _plan;
    private readonly Stem _stem;
    private readonly Cell[] _cells;
    private readonly AuxiliaryHead? _auxiliary;
    private readonly Linear _classifier;
    private readonly bool _cellsHaveKernels;
    private readonly CellBuffers _buffers = new(get_num_threads());
    private readonly Tensor? _keep; // on a GPU 1 − the probability of dropping an edge

    /// <summary>Builds the network with torch's default initialization, drawn from torch's generator.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A member of <paramref name="shape"/> is out of range.</exception>
    public DiscoveredNetwork(Genotype genotype, NetworkShape shape, Device device) : base(nameof(DiscoveredNetwork))
    {
        _plan = NetworkPlan.Of(genotype, shape);
        _stem = Stem.Register(this, shape.Stem, _plan.Stem.Output1.Channels);
        _cells = [.. _plan.Cells.Select(cell => new Cell(cell))];
        register_module("cells", new ModuleGroup([.. _cells.Select((cell, index) => ($"{index}", (nn.Module)cell))]));
        if (_plan.AuxiliaryHead is { } head)
        {
            _auxiliary = new AuxiliaryHead(shape.Stem, head.Input.Channels, shape.Classes);
            register_module(NetworkPlan.AuxiliaryHeadName, _auxiliary);
        }

        _classifier = nn.Linear(_plan.Classifier.Inputs, _plan.Classifier.Outputs);
        register_module(NetworkPlan.ClassifierName, _classifier);
        _cellsHaveKernels = Array.TrueForAll(_cells, cell => cell.Plan is not null);
        this.to(device);
        if (device.type != DeviceType.CPU)
            _keep = ones(1, device: device).DetachFromDisposeScope();
    }

    public Genotype Genotype => _plan.Genotype;

    public NetworkShape Shape => _plan.Shape;

    /// <summary>Whether the cells are computed in the fastest way known: by the kernels where they can, on a GPU with channels-last maps.
    /// False is the straightforward form.</summary>
    public bool UseKernels { get; init; } = true;

    /// <summary>Whether the kernels compute a cell again in the backward pass instead of keeping its maps.</summary>
    public bool MemorySaving { get; init; }

    /// <summary>Probability of dropping an edge in training mode, 0 to below 1. On a GPU a recorded pass follows what is set here, except
    /// from 0 to more and back.</summary>
    public double DropPathProbability
    {
        get;
        set
        {
            field = value;
            _ = _keep?.Fill(1 - value);
        }
    }

    /// <summary>Sets <see cref="DropPathProbability"/>, then <see cref="Forward(Tensor)"/>.</summary>
    public (Tensor Logits, Tensor? Auxiliary) Forward(Tensor images, double dropPath)
    {
        DropPathProbability = dropPath;
        return Forward(images);
    }

    /// <summary>[N, 3, H, W] float32 or bfloat16 → logits [N, classes] float32 and, in training mode with an auxiliary head, its logits.
    /// </summary>
    /// <param name="images">Normalized pictures; maps have their type, parameters stay float32.</param>
    public (Tensor Logits, Tensor? Auxiliary) Forward(Tensor images)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor features, Tensor? auxiliary) = Features(images);
        return (Classify(features).MoveToOuterDisposeScope(), auxiliary?.MoveToOuterDisposeScope());
    }

    /// <summary>The last cell's output [N, C, H, W] and the auxiliary logits; see <see cref="Forward(Tensor)"/>.</summary>
    // Differs from PC-DARTS: its ImageNet auxiliary head applies its first ReLU in place. Where the auxiliary cell is also the last one
    // (3 cells or fewer) that rectifies the features in training mode but not in evaluation mode; here they stay as they are in both.
    public (Tensor Map, Tensor? Auxiliary) Features(Tensor images)
    {
        using DisposeScope scope = NewDisposeScope();
        bool inTraining = training;
        double dropProbability = inTraining ? DropPathProbability : 0;
        Tensor? auxiliary = null;
        bool kernels = UseKernels && _cellsHaveKernels && CellKernels.Support(images);
        bool channelsLast = UseKernels && images.device_type != DeviceType.CPU;
        (Tensor previous, Tensor current) = _stem.Forward(channelsLast ? ChannelsLast.Of(images) : images);
        for (int i = 0; i < _cells.Length; i++)
        {
            (previous, current) = (current, Cell(_cells[i]));
            if (i == _plan.AuxiliaryCell && inTraining)
                auxiliary = _auxiliary?.call(current);
        }

        return (current.MoveToOuterDisposeScope(), auxiliary?.MoveToOuterDisposeScope());

        Tensor Cell(Cell cell)
        {
            Tensor? keep = dropProbability == 0 ? null
                : _keep is null ? DropPath.Masks(cell.EdgeCount, images.size(0), dropProbability, images.device, images.dtype)
                : DropPath.Masks(cell.EdgeCount, images.size(0), _keep, images.dtype);
            return kernels
                ? CellFunction.Apply(cell.Plan!, _buffers, previous, current, mixture: null, inTraining, keep, MemorySaving)
                : cell.Forward(previous, current, keep);
        }
    }

    /// <summary>The last cell's output [N, C, H, W] → logits [N, classes].</summary>
    public Tensor Classify(Tensor map)
    {
        using Tensor pooled = map.mean([2, 3], type: _classifier.weight!.dtype); // [N, C]
        return _classifier.call(pooled);
    }

    /// <summary>Copies of all parameters and running statistics under the names of the paper's code, float32 and contiguous.</summary>
    public IReadOnlyDictionary<string, TensorData> ExportWeights() => ModuleWeights.Export(this);

    /// <summary>Overwrites all parameters and running statistics; those of an auxiliary head are skipped if the network has none.</summary>
    /// <exception cref="ArgumentException">A key is missing or unknown, or a shape or type differs; then nothing was written.</exception>
    public void ImportWeights(IReadOnlyDictionary<string, TensorData> weights)
        => ModuleWeights.Import(this, weights, Shape.AuxiliaryHead ? null : NetworkPlan.AuxiliaryHeadName + ".");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _buffers.Dispose();
            _keep?.Dispose();
        }

        base.Dispose(disposing);
    }

    protected override void RegisterComponents() { }
}
