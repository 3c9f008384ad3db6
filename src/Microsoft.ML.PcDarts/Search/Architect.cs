using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>Steps the architecture parameters α and β on a batch of the architecture half (first order).</summary>
/// <remarks>Source: Liu et al. 2019, equation 7 with ξ = 0, and architect.py of the paper's code.</remarks>
internal sealed class Architect : IDisposable
{
    private readonly Supernet _supernet;
    private readonly ArchitectureParameters _architecture;
    private readonly OptimizerHelper _optimizer;
    private readonly Tensor? _classWeights;
    private readonly RecordedStep _pass;

    /// <summary>Adam on α and β, in the order of <see cref="ArchitectureParameters.Tensors"/>.</summary>
    public OptimizerHelper Optimizer => _optimizer;

    public Architect(Supernet supernet, ArchitectureParameters architecture, double learningRate, Tensor? classWeights = null, Action<string>? warn = null)
    {
        _classWeights = classWeights;
        _supernet = supernet;
        _architecture = architecture;
        _optimizer = optim.Adam(architecture.Tensors, learningRate, beta1: 0.5, beta2: 0.999, weight_decay: 1e-3);
        _pass = new RecordedStep(Pass, record: supernet.Form != CellForm.PerEdge, warn);
    }

    /// <summary>One step of Adam. The supernet stays in training mode, as in the paper's code: its batch norms see these pictures too.</summary>
    /// <param name="images">Pictures of the architecture half, <c>[N, 3, H, W] float32</c>.</param>
    /// <param name="labels">Their classes, <c>[N] int64</c>.</param>
    /// <returns>The logits before the step, <c>[N, classes]</c>, detached.</returns>
    public Tensor Step(Tensor images, Tensor labels)
    {
        // Only α and β are stepped, so gradients of the weights would be computed for nothing.
        _supernet.SetRequiresGrad(false);
        _architecture.RequiresGrad = true;
        Tensor logits = _pass.Run(images, labels);
        _optimizer.step();
        return logits;
    }

    public void Dispose()
    {
        _pass.Dispose();
        _optimizer.Dispose();
    }

    private Tensor Pass(Tensor images, Tensor labels)
    {
        _optimizer.zero_grad();
        Tensor logits = _supernet.Forward(images, _architecture);
        nn.functional.cross_entropy(logits, labels, _classWeights).backward();
        return logits.detach();
    }
}
