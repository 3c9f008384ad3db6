using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Torch;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Search;

/// <summary>
/// Forward and backward pass of the supernet, which the steps of the architecture and of the weights share; recorded on a GPU.
/// </summary>
/// <param name="supernet">The supernet.</param>
/// <param name="architecture">α and β.</param>
/// <param name="zeroGradients">Clears the gradients of what is stepped.</param>
/// <param name="classWeights">Weight of each class in the loss, or null.</param>
/// <param name="warn">Receives a message when recording fails.</param>
internal sealed class GradientPass(
    Supernet supernet, ArchitectureParameters architecture, Action zeroGradients, Tensor? classWeights, Action<string>? warn) : IDisposable
{
    private readonly RecordedStep _pass = new(
        (images, labels) =>
        {
            zeroGradients();
            Tensor logits = supernet.Forward(images, architecture);
            nn.functional.cross_entropy(logits, labels, classWeights).backward();
            return logits.detach();
        },
        record: supernet.Form != CellForm.PerEdge,
        warn);

    /// <summary>Leaves gradients where they are required.</summary>
    /// <param name="images">Pictures, <c>[N, 3, H, W] float32</c>.</param>
    /// <param name="labels">Their classes, <c>[N] int64</c>.</param>
    /// <returns>The logits, <c>[N, classes]</c>, detached.</returns>
    public Tensor Run(Tensor images, Tensor labels) => _pass.Run(images, labels);

    public void Dispose() => _pass.Dispose();
}
