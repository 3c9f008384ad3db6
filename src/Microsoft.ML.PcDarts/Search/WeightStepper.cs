using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>Steps the supernet's weights on a batch of the weight half: SGD with momentum, weight decay and clipping.</summary>
/// <remarks>Source: train_search.py of the paper's code.</remarks>
internal sealed class WeightStepper : IDisposable
{
    private readonly Supernet _supernet;
    private readonly ArchitectureParameters _architecture;
    private readonly OptimizerHelper _optimizer;
    private readonly Tensor? _classWeights;
    private readonly double _clipNorm;

    public WeightStepper(Supernet supernet, ArchitectureParameters architecture, double learningRate, double momentum, double weightDecay, double clipNorm, Tensor? classWeights = null)
    {
        _classWeights = classWeights;
        _supernet = supernet;
        _architecture = architecture;
        _clipNorm = clipNorm;
        _optimizer = optim.SGD(supernet.parameters(), learningRate, momentum, weight_decay: weightDecay);
    }

    /// <summary>SGD on the supernet's parameters, in their order.</summary>
    public OptimizerHelper Optimizer => _optimizer;

    public double LearningRate
    {
        set
        {
            foreach (var group in _optimizer.ParamGroups)
                group.LearningRate = value;
        }
    }

    /// <summary>One step of SGD.</summary>
    /// <param name="images">Pictures of the weight half, <c>[N, 3, H, W] float32</c>.</param>
    /// <param name="labels">Their classes, <c>[N] int64</c>.</param>
    /// <returns>The logits before the step, <c>[N, classes]</c>, detached.</returns>
    public Tensor Step(Tensor images, Tensor labels)
    {
        // Gradients of α and β would be computed for nothing.
        _supernet.SetRequiresGrad(true);
        _architecture.RequiresGrad = false;
        _optimizer.zero_grad();
        Tensor logits = _supernet.Forward(images, _architecture);
        nn.functional.cross_entropy(logits, labels, _classWeights).backward();
        GradientClipping.Clip(_supernet.parameters(), _clipNorm, images.device);
        _optimizer.step();
        return logits.detach();
    }

    public void Dispose() => _optimizer.Dispose();
}
