using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>Clips the gradients of the final training and steps its weights by the optimizers that the options name.</summary>
internal sealed class NetworkStepper : IDisposable
{
    private readonly PcDartsTrainer.Options _options;
    private readonly Device _device;
    private readonly WeightSgd _sgd;
    private readonly Muon? _muon;

    /// <param name="trained">Names and weights to step.</param>
    /// <param name="options">Optimizer, rates, momentum, decay and clipping.</param>
    /// <param name="device">Where the weights are.</param>
    public NetworkStepper((string Name, Parameter Parameter)[] trained, PcDartsTrainer.Options options, Device device)
    {
        (_options, _device) = (options, device);
        (string Name, Parameter Parameter)[] byMuon = options.Optimizer == NetworkOptimizer.Muon ? [.. trained.Where(entry => Muon.Takes(entry.Parameter))] : [];
        _sgd = new WeightSgd(
            [.. trained.Except(byMuon)], byMuon.Select(entry => entry.Parameter), options.Momentum, options.WeightDecay, options.Nesterov, flat: device.type != DeviceType.CPU);
        _muon = byMuon.Length == 0 ? null : new Muon(byMuon, options.Momentum, options.Nesterov);
    }

    public void ZeroGradients() => _sgd.ZeroGradients();

    /// <summary>One step against the gradients.</summary>
    /// <param name="learningRate">That of SGD; Muon's moves in proportion.</param>
    public void Step(double learningRate)
    {
        _sgd.Clip(_options.GradientClipNorm);
        _sgd.Step(learningRate);
        _muon?.Step(_options.MuonLearningRate * learningRate / _options.LearningRate);
    }

    /// <summary>Adds what the optimizers remember of the steps before.</summary>
    public void Export(IDictionary<string, TensorData> tensors)
    {
        _sgd.Export(tensors);
        _muon?.Export(tensors);
    }

    /// <summary>Takes over what <see cref="Export"/> added.</summary>
    public void Import(IReadOnlyDictionary<string, TensorData> tensors)
    {
        _sgd.Import(tensors);
        _muon?.Import(tensors, _device);
    }

    public void Dispose()
    {
        _sgd.Dispose();
        _muon?.Dispose();
    }
}
