using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>Clips the gradients of the final training and steps its weights by the optimizers that the options name.</summary>
internal sealed class NetworkStepper : IDisposable
{
    private readonly (string Name, Parameter Parameter)[] _trained;
    private readonly (string Name, Parameter Parameter)[] _bySgd;
    private readonly PcDartsTrainer.Options _options;
    private readonly Device _device;
    private readonly OptimizerHelper _sgd;
    private readonly Muon? _muon;

    /// <param name="trained">Names and weights to step.</param>
    /// <param name="options">Optimizer, rates, momentum, decay and clipping.</param>
    /// <param name="device">Where the weights are.</param>
    public NetworkStepper((string Name, Parameter Parameter)[] trained, PcDartsTrainer.Options options, Device device)
    {
        (_trained, _options, _device) = (trained, options, device);
        if (options.Optimizer == NetworkOptimizer.Muon)
            _muon = new Muon(trained.Where(entry => Muon.Takes(entry.Parameter)), options.Momentum, options.Nesterov);
        _bySgd = [.. trained.Where(entry => _muon is null || !Muon.Takes(entry.Parameter))];
        _sgd = optim.SGD(_bySgd.Select(entry => entry.Parameter), options.LearningRate, options.Momentum, weight_decay: options.WeightDecay, nesterov: options.Nesterov);
    }

    private IReadOnlyList<string> NamesOfSgd => [.. _bySgd.Select(entry => entry.Name)];

    public void ZeroGradients()
    {
        foreach ((string _, Parameter parameter) in _trained)
            parameter.grad = null;
    }

    /// <summary>One step against the gradients.</summary>
    /// <param name="learningRate">That of SGD; Muon's moves in proportion.</param>
    public void Step(double learningRate)
    {
        GradientClipping.Clip(_trained.Select(entry => entry.Parameter), _options.GradientClipNorm, _device);
        foreach (var group in _sgd.ParamGroups)
            group.LearningRate = learningRate;
        _sgd.step();
        _muon?.Step(_options.MuonLearningRate * learningRate / _options.LearningRate);
    }

    /// <summary>Adds what the optimizers remember of the steps before.</summary>
    public void Export(IDictionary<string, TensorData> tensors)
    {
        OptimizerWeights.Export(_sgd, NamesOfSgd, tensors);
        _muon?.Export(tensors);
    }

    /// <summary>Takes over what <see cref="Export"/> added.</summary>
    public void Import(IReadOnlyDictionary<string, TensorData> tensors)
    {
        OptimizerWeights.Import(_sgd, NamesOfSgd, tensors, _device);
        _muon?.Import(tensors, _device);
    }

    public void Dispose()
    {
        _sgd.Dispose();
        _muon?.Dispose();
    }
}
