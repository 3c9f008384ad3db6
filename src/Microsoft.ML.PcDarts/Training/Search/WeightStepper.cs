using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Optimizers;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Search;

/// <summary>Steps the supernet's weights on a batch of the weight half: SGD with momentum, weight decay and clipping.</summary>
/// <remarks>Source: train_search.py of the paper's code.</remarks>
internal sealed class WeightStepper : IDisposable
{
    private readonly Supernet _supernet;
    private readonly ArchitectureParameters _architecture;
    private readonly WeightSgd _sgd;
    private readonly Tensor? _classWeights;
    private readonly double _clipNorm;
    private readonly RecordedStep _pass;

    public WeightStepper(Supernet supernet, ArchitectureParameters architecture, double learningRate, double momentum, double weightDecay, double clipNorm, Tensor? classWeights = null,
        Action<string>? warn = null)
    {
        _classWeights = classWeights;
        _supernet = supernet;
        _architecture = architecture;
        _clipNorm = clipNorm;
        LearningRate = learningRate;
        (string Name, Parameter Parameter)[] weights = [.. supernet.named_parameters()];
        bool fast = supernet.Form != CellForm.PerEdge;
        _sgd = new WeightSgd(weights, [], momentum, weightDecay, nesterov: false, flat: fast && weights[0].Parameter.device_type != DeviceType.CPU);
        _pass = new RecordedStep(Pass, record: fast, warn);
    }

    public double LearningRate { get; set; }

    /// <summary>One step of SGD.</summary>
    /// <param name="images">Pictures of the weight half, <c>[N, 3, H, W] float32</c>.</param>
    /// <param name="labels">Their classes, <c>[N] int64</c>.</param>
    /// <returns>The logits before the step, <c>[N, classes]</c>, detached.</returns>
    public Tensor Step(Tensor images, Tensor labels)
    {
        // Gradients of α and β would be computed for nothing.
        _supernet.SetRequiresGrad(true);
        _architecture.RequiresGrad = false;
        Tensor logits = _pass.Run(images, labels);
        _sgd.Clip(_clipNorm);
        _sgd.Step(LearningRate);
        return logits;
    }

    /// <summary>Adds the momentum of every weight that was stepped.</summary>
    public void Export(IDictionary<string, TensorData> tensors) => _sgd.Export(tensors);

    /// <summary>Takes over what <see cref="Export"/> added.</summary>
    public void Import(IReadOnlyDictionary<string, TensorData> tensors) => _sgd.Import(tensors);

    public void Dispose()
    {
        _pass.Dispose();
        _sgd.Dispose();
    }

    private Tensor Pass(Tensor images, Tensor labels)
    {
        _sgd.ZeroGradients();
        Tensor logits = _supernet.Forward(images, _architecture);
        nn.functional.cross_entropy(logits, labels, _classWeights).backward();
        return logits.detach();
    }
}
