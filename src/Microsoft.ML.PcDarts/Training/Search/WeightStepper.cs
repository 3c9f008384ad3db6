using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Optimizers;
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
    private readonly double _clipNorm;
    private readonly GradientPass _pass;

    /// <param name="supernet">The supernet.</param>
    /// <param name="architecture">α and β.</param>
    /// <param name="learningRate">Learning rate of the first step.</param>
    /// <param name="momentum">Momentum, 0 to below 1.</param>
    /// <param name="weightDecay">Weight decay.</param>
    /// <param name="clipNorm">Largest L2 norm of the gradient.</param>
    /// <param name="classWeights">Weight of each class in the loss, or null.</param>
    /// <param name="warn">Receives a message about slow steps.</param>
    public WeightStepper(
        Supernet supernet,
        ArchitectureParameters architecture,
        double learningRate,
        double momentum,
        double weightDecay,
        double clipNorm,
        Tensor? classWeights = null,
        Action<string>? warn = null)
    {
        _supernet = supernet;
        _architecture = architecture;
        _clipNorm = clipNorm;
        LearningRate = learningRate;
        (string Name, Parameter Parameter)[] weights = [.. supernet.named_parameters()];
        bool flat = supernet.Form != CellForm.PerEdge && weights[0].Parameter.device_type != DeviceType.CPU;
        _sgd = new WeightSgd(weights, [], momentum, weightDecay, nesterov: false, flat);
        _pass = new GradientPass(supernet, architecture, _sgd.ZeroGradients, classWeights, warn);
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
}
