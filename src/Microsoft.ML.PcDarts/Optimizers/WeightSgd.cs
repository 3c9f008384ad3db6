using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Optimizers;

/// <summary>
/// SGD with momentum and weight decay on named weights, and the clipping of their gradients. On a GPU all weights are stepped as one
/// (<see cref="FlatWeights"/>).
/// </summary>
/// <remarks>Source: torch.optim.SGD without dampening: the first step's momentum is the gradient.</remarks>
internal sealed class WeightSgd : IDisposable
{
    public const string MomentumPrefix = "momentum.";
    private readonly (string Name, Parameter Parameter)[] _stepped;
    private readonly Parameter[] _clipped;
    private readonly double _momentum, _weightDecay;
    private readonly bool _nesterov;
    private readonly FlatWeights? _flat;
    private readonly Parameter[] _weights; // those to step, or one that is all of them
    private readonly Tensor?[] _buffers; // momentum of each

    /// <param name="stepped">Names and weights to step.</param>
    /// <param name="others">Weights that something else steps: their gradients are cleared and clipped with the others.</param>
    /// <param name="momentum">0 to below 1.</param>
    /// <param name="weightDecay">0 or more.</param>
    /// <param name="nesterov">Nesterov's form of momentum.</param>
    /// <param name="flat">Whether to step all as one.</param>
    public WeightSgd(
        (string Name, Parameter Parameter)[] stepped,
        IEnumerable<Parameter> others,
        double momentum,
        double weightDecay,
        bool nesterov,
        bool flat)
    {
        (_momentum, _weightDecay, _nesterov) = (momentum, weightDecay, nesterov);
        _stepped = stepped;
        _clipped = [.. stepped.Select(entry => entry.Parameter), .. others];
        if (flat)
            _flat = new FlatWeights(_clipped[..stepped.Length], _clipped[stepped.Length..]);
        _weights = _flat is null ? _clipped[..stepped.Length] : [_flat.AsOne()];
        _buffers = new Tensor?[_weights.Length];
    }

    public void ZeroGradients()
    {
        if (_flat is not null)
        {
            _flat.ZeroGradients();
            return;
        }

        foreach (Parameter parameter in _clipped)
            parameter.grad = null;
    }

    /// <summary>Scales all gradients down to a largest joint L2 norm.</summary>
    public void Clip(double maximum)
    {
        if (_flat is null)
            nn.utils.clip_grad_norm_(_clipped, maximum);
        else
            _flat.Clip(maximum);
    }

    /// <summary>One step against the gradients; what has none stays.</summary>
    public void Step(double learningRate)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        using Scalar one =
            1.0.ToScalar(), momentum = _momentum.ToScalar(), decay = _weightDecay.ToScalar(), rate = (-learningRate).ToScalar();
        for (int i = 0; i < _weights.Length; i++)
        {
            if (_weights[i].grad is not { } gradient)
                continue;
            if (_weightDecay != 0)
                gradient = gradient.add(_weights[i], decay);
            if (_momentum != 0)
            {
                if (_buffers[i] is { } buffer)
                    buffer.mul_(momentum).add_(gradient, one);
                else
                    _buffers[i] = buffer = gradient.clone().DetachFromDisposeScope();
                gradient = _nesterov ? gradient.add(buffer, momentum) : buffer;
            }

            _weights[i].add_(gradient, rate);
        }
    }

    /// <summary>Adds the momentum of every weight that was stepped.</summary>
    public void Export(IDictionary<string, TensorData> tensors)
    {
        if (_flat is null)
        {
            foreach ((string name, Tensor? buffer) in _stepped.Zip(_buffers, (entry, buffer) => (entry.Name, buffer)))
            {
                if (buffer is not null)
                    tensors.Add(MomentumPrefix + name, ModuleWeights.Copy(buffer));
            }

            return;
        }

        if (_buffers[0] is not { } all)
            return;
        ReadOnlySpan<float> momentum = ModuleWeights.Copy(all).Floats;
        foreach ((string name, Parameter parameter) in _stepped)
        {
            int count = (int)parameter.numel();
            tensors.Add(MomentumPrefix + name, new TensorData(parameter.shape, momentum[..count].ToArray()));
            momentum = momentum[count..];
        }
    }

    /// <summary>Takes over what <see cref="Export"/> added, on whatever device.</summary>
    public void Import(IReadOnlyDictionary<string, TensorData> tensors)
    {
        TensorData?[] momentum = [.. _stepped.Select(entry => tensors.GetValueOrDefault(MomentumPrefix + entry.Name))];
        if (_flat is not null)
            momentum = momentum.Contains(null) ? [null] : [new([_weights[0].numel()], [.. momentum.SelectMany(part => part!.Floats)])];
        for (int i = 0; i < _buffers.Length; i++)
        {
            _buffers[i]?.Dispose();
            _buffers[i] = momentum[i] is { } data
                ? tensor(data.Floats, data.Shape, device: _weights[i].device).DetachFromDisposeScope()
                : null;
        }
    }

    public void Dispose()
    {
        foreach (Tensor? buffer in _buffers)
            buffer?.Dispose();
        if (_flat is null)
            return;
        _weights[0].Dispose();
        _flat.Dispose();
    }
}
