using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>SGD with momentum and weight decay on named weights, and the clipping of their gradients. On a GPU all weights are stepped as one (<see cref="FlatWeights"/>).</summary>
internal sealed class WeightSgd : IDisposable
{
    private readonly (string Name, Parameter Parameter)[] _stepped;
    private readonly Parameter[] _clipped;
    private readonly OptimizerHelper _optimizer;
    private readonly FlatWeights? _flat;
    private readonly Parameter? _all;

    /// <param name="stepped">Names and weights to step.</param>
    /// <param name="others">Weights that something else steps: their gradients are cleared and clipped with the others.</param>
    /// <param name="momentum">0 to below 1.</param>
    /// <param name="weightDecay">0 or more.</param>
    /// <param name="nesterov">Nesterov's form of momentum.</param>
    /// <param name="flat">Whether to step all as one.</param>
    public WeightSgd((string Name, Parameter Parameter)[] stepped, IEnumerable<Parameter> others, double momentum, double weightDecay, bool nesterov, bool flat)
    {
        _stepped = stepped;
        _clipped = [.. stepped.Select(entry => entry.Parameter), .. others];
        if (flat)
        {
            _flat = new FlatWeights(_clipped[..stepped.Length], _clipped[stepped.Length..]);
            _all = _flat.AsOne();
        }

        _optimizer = optim.SGD(_all is null ? stepped.Select(entry => entry.Parameter) : [_all], learningRate: 0, momentum, weight_decay: weightDecay, nesterov: nesterov);
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

    public void Step(double learningRate)
    {
        foreach (var group in _optimizer.ParamGroups)
            group.LearningRate = learningRate;
        _optimizer.step();
    }

    /// <summary>Adds the momentum of every weight that was stepped.</summary>
    public void Export(IDictionary<string, TensorData> tensors)
    {
        if (_all is null)
        {
            OptimizerWeights.Export(_optimizer, Names, tensors);
            return;
        }

        Dictionary<string, TensorData> whole = [];
        OptimizerWeights.Export(_optimizer, [string.Empty], whole);
        if (whole.Count == 0)
            return;
        ReadOnlySpan<float> momentum = whole.Values.Single().Floats;
        foreach ((string name, Parameter parameter) in _stepped)
        {
            int count = (int)parameter.numel();
            tensors.Add(OptimizerWeights.Momentum + name, new TensorData(parameter.shape, momentum[..count].ToArray()));
            momentum = momentum[count..];
        }
    }

    /// <summary>Takes over what <see cref="Export"/> added, on whatever device.</summary>
    public void Import(IReadOnlyDictionary<string, TensorData> tensors)
    {
        Device device = _stepped[0].Parameter.device;
        if (_all is null)
        {
            OptimizerWeights.Import(_optimizer, Names, tensors, device);
            return;
        }

        if (!tensors.ContainsKey(OptimizerWeights.Momentum + _stepped[0].Name))
            return;
        float[] momentum = [.. _stepped.SelectMany(entry => tensors[OptimizerWeights.Momentum + entry.Name].Floats)];
        OptimizerWeights.Import(_optimizer, [string.Empty], new Dictionary<string, TensorData> { [OptimizerWeights.Momentum] = new([momentum.Length], momentum) }, device);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _all?.Dispose();
        _flat?.Dispose();
    }

    private IReadOnlyList<string> Names => [.. _stepped.Select(entry => entry.Name)];
}
