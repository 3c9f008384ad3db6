using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Torch;

/// <summary>
/// A forward and backward pass that is recorded on a GPU once it has run some times with batches of one shape, and launched as one from
/// then on.
/// </summary>
/// <param name="pass">Pictures and labels → logits; leaves gradients. It draws no random numbers on the host, and what it reads and writes
/// besides stays where it is.</param>
/// <param name="record">False to leave the pass as it is on every device.</param>
/// <param name="warn">Receives a message when recording fails; the pass is then run as it is.</param>
/// <param name="recorder">What records; null for <see cref="CudaGraph"/> where it is supported.</param>
internal sealed class RecordedStep(Func<Tensor, Tensor, Tensor> pass, bool record, Action<string>? warn = null,
    RecordedStep.Recorder? recorder = null) : IDisposable
{
    // Libraries measure and make plans in the first runs.
    private const int RunsBefore = 3;

    /// <summary>Runs after which the time of the fastest is that of all later ones, on any device.</summary>
    public const int RunsToMeasure = RunsBefore + 2;

    private readonly Func<Tensor, Tensor, Tensor> _pass = pass;
    private bool _record = record;
    private IRecordedWork? _work;
    private Tensor? _images, _labels, _logits;
    private long[] _shape = [];
    private int _runs;

    /// <summary>Records work, as <see cref="CudaGraph.Record"/> does.</summary>
    public delegate IRecordedWork? Recorder(Action work, out Exception? failure);

    /// <summary>Runs the pass.</summary>
    /// <param name="images">Pictures, <c>[N, 3, H, W]</c>.</param>
    /// <param name="labels">Their classes, <c>[N] int64</c>.</param>
    /// <returns>The logits, <c>[N, classes]</c>, valid until the next run.</returns>
    public Tensor Run(Tensor images, Tensor labels)
    {
        if (!_record || (recorder is null && !CudaGraph.IsSupported(images.device)))
            return _pass(images, labels);
        if (_work is not null && images.shape.AsSpan().SequenceEqual(_images!.shape))
            return Launch(images, labels);

        // The last batch of an epoch may be smaller; that is no reason to record again.
        _runs = images.shape.AsSpan().SequenceEqual(_shape) ? _runs + 1 : 1;
        _shape = images.shape;
        if (_runs <= RunsBefore || !TryRecord(images, labels))
            return _pass(images, labels);
        return Launch(images, labels);
    }

    public void Dispose()
    {
        // Memory of the recording goes back only when nothing lies in it.
        _images?.Dispose();
        _labels?.Dispose();
        _logits?.Dispose();
        _work?.Dispose();
        _work = null;
    }

    private Tensor Launch(Tensor images, Tensor labels)
    {
        (_runs, _shape) = (0, []);
        _images!.copy_(images);
        _labels!.copy_(labels);
        _work!.Launch();
        return _logits!.alias();
    }

    private bool TryRecord(Tensor images, Tensor labels)
    {
        Dispose();
        _images = images.clone().DetachFromDisposeScope();
        _labels = labels.clone().DetachFromDisposeScope();
        _work = (recorder ?? CudaGraph.Record)(
            () =>
            {
                using DisposeScope scope = NewDisposeScope();
                _logits = _pass(_images, _labels).DetachFromDisposeScope();
            },
            out Exception? failure);
        if (_work is not null)
            return true;
        _record = false;
        warn?.Invoke($"The steps could not be recorded and take longer: {failure!.Message}");
        return false;
    }
}
