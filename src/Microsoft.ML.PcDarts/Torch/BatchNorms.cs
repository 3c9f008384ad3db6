using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Torch;

/// <summary>The batch norms of the layers.</summary>
internal static class BatchNorms
{
    /// <summary>
    /// Normalizes as the module does, but leaves its counter of batches, which nothing reads, as it is: TorchSharp counts with a number
    /// that it does not hold (<see cref="TensorNumbers"/>).
    /// </summary>
    /// <param name="norm">The batch norm; in training mode its running statistics move.</param>
    /// <param name="map"><c>[N, C, H, W]</c>.</param>
    public static Tensor Apply(this BatchNorm2d norm, Tensor map)
        => nn.functional.batch_norm(map, norm.running_mean!, norm.running_var!, norm.weight, norm.bias, norm.training,
            norm.MovingRate(), norm.eps);

    /// <summary>The share of a batch's statistics in the running ones.</summary>
    /// <exception cref="NotSupportedException">The running statistics are plain averages.</exception>
    public static double MovingRate(this BatchNorm2d norm)
        => norm.momentum ?? throw new NotSupportedException("A batch norm has no momentum; cumulative averages are not computed here.");
}
