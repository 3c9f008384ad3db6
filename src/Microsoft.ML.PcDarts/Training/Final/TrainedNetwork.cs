using Microsoft.ML.PcDarts.Formats;

namespace Microsoft.ML.PcDarts.Training.Final;

/// <summary>Result of the final training.</summary>
/// <param name="Weights">Parameters and batch-norm statistics by the names of the paper's code.</param>
/// <param name="Time">Time of the training, with validation.</param>
/// <param name="ImagesPerSecond">Training pictures per second, validation left out.</param>
/// <param name="Epoch">Epoch, from 1, whose weights these are.</param>
/// <param name="Stopped">Why the training ended.</param>
internal sealed record TrainedNetwork(
    IReadOnlyDictionary<string, TensorData> Weights, TimeSpan Time, double ImagesPerSecond, int Epoch, StopReason Stopped)
{
    /// <summary>Pictures that whole epochs have seen, each as often as it was seen.</summary>
    public double Images { get; init; }
}
