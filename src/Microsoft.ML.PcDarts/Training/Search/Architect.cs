using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Optimizers;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Search;

/// <summary>Steps the architecture parameters α and β on a batch of the architecture half (first order).</summary>
/// <remarks>Source: Liu et al. 2019, equation 7 with ξ = 0, and architect.py of the paper's code.</remarks>
internal sealed class Architect : IDisposable
{
    private readonly Supernet _supernet;
    private readonly ArchitectureParameters _architecture;
    private readonly GradientPass _pass;

    /// <summary>Steps α and β.</summary>
    public ArchitectureAdam Optimizer { get; }

    /// <param name="supernet">The supernet.</param>
    /// <param name="architecture">α and β.</param>
    /// <param name="learningRate">Learning rate of Adam.</param>
    /// <param name="classWeights">Weight of each class in the loss, or null.</param>
    /// <param name="warn">Receives a message about slow steps.</param>
    public Architect(
        Supernet supernet,
        ArchitectureParameters architecture,
        double learningRate,
        Tensor? classWeights = null,
        Action<string>? warn = null)
    {
        _supernet = supernet;
        _architecture = architecture;
        Optimizer = new ArchitectureAdam(architecture.Tensors, learningRate);
        _pass = new GradientPass(supernet, architecture, Optimizer.ZeroGradients, classWeights, warn);
    }

    /// <summary>
    /// One step of Adam. The supernet stays in training mode, as in the paper's code: its batch norms see these pictures too.
    /// </summary>
    /// <param name="images">Pictures of the architecture half, <c>[N, 3, H, W] float32</c>.</param>
    /// <param name="labels">Their classes, <c>[N] int64</c>.</param>
    /// <returns>The logits before the step, <c>[N, classes]</c>, detached.</returns>
    public Tensor Step(Tensor images, Tensor labels)
    {
        // Only α and β are stepped, so gradients of the weights would be computed for nothing.
        _supernet.SetRequiresGrad(false);
        _architecture.RequiresGrad = true;
        Tensor logits = _pass.Run(images, labels);
        Optimizer.Step();
        return logits;
    }

    public void Dispose()
    {
        _pass.Dispose();
        Optimizer.Dispose();
    }
}
