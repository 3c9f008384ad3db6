using Microsoft.ML.PcDarts.Runs;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training;

/// <summary>Sums loss and hits over an epoch on the device; the host waits for the device only when the figures are read.</summary>
internal sealed class EpochMeter : IDisposable
{
    private readonly Tensor _sums; // [2] float64: loss times count, hits
    private readonly RunClock _clock;
    private readonly TimeSpan _start;
    private readonly int _before;

    /// <param name="device">Where to sum.</param>
    /// <param name="clock">Measures the speed.</param>
    /// <param name="before">Sums before the run was interrupted; null at the start of an epoch.</param>
    public EpochMeter(Device device, RunClock clock, MeterSums? before = null)
    {
        (_clock, _start) = (clock, clock.Elapsed);
        _sums = tensor((double[])[before?.Loss ?? 0, before?.Hits ?? 0], device: device).DetachFromDisposeScope();
        Count = _before = before?.Count ?? 0;
    }

    public int Count { get; private set; }

    /// <summary>Pictures added by this object.</summary>
    public int Added => Count - _before;

    public double ImagesPerSecond => Added / Math.Max((_clock.Elapsed - _start).TotalSeconds, 1e-9);

    /// <summary>The sums so far.</summary>
    public MeterSums Sums
    {
        get
        {
            using Tensor sums = _sums.cpu();
            return new MeterSums(sums[0].item<double>(), sums[1].item<double>(), Count);
        }
    }

    /// <summary>Adds one batch.</summary>
    /// <param name="logits">Class scores, <c>[N, classes]</c>.</param>
    /// <param name="labels">Class indices, <c>[N] int64</c>.</param>
    public void Add(Tensor logits, Tensor labels)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor scores = logits.detach().to(ScalarType.Float32);
        Tensor loss = nn.functional.cross_entropy(scores, labels, reduction: nn.Reduction.Sum);
        Tensor hits = scores.argmax(1).eq(labels).sum();
        _sums.Accumulate(stack([loss.to(ScalarType.Float64), hits.to(ScalarType.Float64)]));
        Count += (int)labels.shape[0];
    }

    /// <summary>Mean cross-entropy in nats and accuracy, 0 to 1, of all pictures added so far.</summary>
    public (double Loss, double Accuracy) Read()
    {
        MeterSums sums = Sums;
        int count = Math.Max(Count, 1);
        return (sums.Loss / count, sums.Hits / count);
    }

    public void Dispose() => _sums.Dispose();
}
