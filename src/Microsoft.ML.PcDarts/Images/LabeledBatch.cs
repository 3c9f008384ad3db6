using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>Pictures of a step and their classes, on the run's device and outside of every dispose scope.</summary>
/// <param name="Images"><c>[N, 3, H, W]</c>, normalized.</param>
/// <param name="Labels">int64 <c>[N]</c>.</param>
internal sealed record LabeledBatch(Tensor Images, Tensor Labels) : IDisposable
{
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
    }
}
