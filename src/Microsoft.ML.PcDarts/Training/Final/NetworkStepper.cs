using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.PcDarts.Optimizers;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Final;

/// <summary>
/// Steps the weights of the final training: forward and backward pass, clipping, and the optimizers that the settings name.
/// </summary>
internal sealed class NetworkStepper : IDisposable
{
    private const string NetworkPrefix = "network.";
    private readonly DiscoveredNetwork _network;
    private readonly FinalSettings _settings;
    private readonly Tensor? _classWeights;
    private readonly RecordedStep _pass;
    private readonly Device _device;
    private readonly WeightSgd _sgd;
    private readonly Muon? _muon;

    /// <param name="network">The network; the parameters that require gradients are stepped.</param>
    /// <param name="settings">Optimizer, rates, momentum, decay, clipping and losses.</param>
    /// <param name="device">Where the weights are.</param>
    /// <param name="classWeights">Weight of each class in the losses, or null.</param>
    /// <param name="warn">Receives what makes the steps slow.</param>
    public NetworkStepper(
        DiscoveredNetwork network, FinalSettings settings, Device device, Tensor? classWeights = null, Action<string>? warn = null)
    {
        (_network, _settings, _device, _classWeights) = (network, settings, device, classWeights);
        OptimizerSettings optimizer = settings.Optimizer;
        (string Name, Parameter Parameter)[] trained = [.. network.named_parameters().Where(entry => entry.parameter.requires_grad)];
        // The auxiliary head, which is dropped after the training, has a matrix of 768×512 that would cost Muon ten times as much as all
        // others.
        (string Name, Parameter Parameter)[] byMuon = optimizer.Optimizer == NetworkOptimizer.Muon
            ? [.. trained.Where(entry => Muon.CanStep(entry.Parameter) && !NetworkWeights.IsAuxiliary(entry.Name))]
            : [];
        _sgd = new WeightSgd(
            [.. trained.Except(byMuon)],
            byMuon.Select(entry => entry.Parameter),
            optimizer.Momentum,
            optimizer.WeightDecay,
            optimizer.Nesterov,
            flat: network.UseKernels && device.type != DeviceType.CPU);
        _pass = new RecordedStep(Forward, record: network.UseKernels, warn);
        _muon = byMuon.Length == 0 ? null : new Muon(byMuon, optimizer.Momentum, optimizer.Nesterov);
    }

    /// <summary>One step.</summary>
    /// <param name="images">Pictures, <c>[N, 3, H, W]</c>.</param>
    /// <param name="labels">Their classes, <c>[N] int64</c>.</param>
    /// <param name="learningRate">That of SGD; Muon's moves in proportion.</param>
    /// <param name="dropPath">Probability of dropping an edge, 0 to below 1.</param>
    /// <returns>The logits before the step, <c>[N, classes]</c>, detached.</returns>
    public Tensor Step(Tensor images, Tensor labels, double learningRate, double dropPath)
    {
        Tensor logits = Pass(images, labels, dropPath);
        Update(learningRate);
        return logits;
    }

    /// <summary>The part of a step that gives the gradients.</summary>
    public Tensor Pass(Tensor images, Tensor labels, double dropPath)
    {
        _network.DropPathProbability = dropPath;
        return _pass.Run(images, labels);
    }

    /// <summary>The part of a step that follows the gradients.</summary>
    public void Update(double learningRate)
    {
        _sgd.Clip(_settings.Optimizer.GradientClipNorm);
        _sgd.Step(learningRate);
        _muon?.Step(_settings.Optimizer.MuonLearningRate * learningRate / _settings.Optimizer.LearningRate);
    }

    /// <summary>Adds the network's weights and running statistics, and what the optimizers remember of the steps before.</summary>
    public void Export(IDictionary<string, TensorData> tensors)
    {
        foreach ((string name, TensorData weights) in _network.ExportWeights())
            tensors.Add(NetworkPrefix + name, weights);
        _sgd.Export(tensors);
        _muon?.Export(tensors);
    }

    /// <summary>Takes over what <see cref="Export"/> added.</summary>
    public void Import(IReadOnlyDictionary<string, TensorData> tensors)
    {
        _network.ImportWeights(TensorNames.WithPrefix(tensors, NetworkPrefix));
        _sgd.Import(tensors);
        _muon?.Import(tensors, _device);
    }

    public void Dispose()
    {
        _pass.Dispose();
        _sgd.Dispose();
        _muon?.Dispose();
    }

    private Tensor Forward(Tensor images, Tensor labels)
    {
        _sgd.ZeroGradients();
        (Tensor logits, Tensor? auxiliary) = _network.Forward(images);
        Tensor loss = Loss(logits);
        if (auxiliary is not null)
            loss = loss.Plus(Loss(auxiliary), _settings.AuxiliaryWeight);
        loss.backward();
        return logits.detach();

        Tensor Loss(Tensor scores) => nn.functional.cross_entropy(scores, labels, _classWeights, label_smoothing: _settings.LabelSmoothing);
    }
}
