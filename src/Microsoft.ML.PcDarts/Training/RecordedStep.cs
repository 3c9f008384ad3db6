using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>A forward and backward pass that is recorded on a GPU once it has run some times with batches of one shape, and launched as one from then on.</summary>
/// <param name="pass">Pictures and labels → logits; leaves gradients. It draws no random numbers on the host, and what it reads and writes besides stays where it is.</param>
/// <param name="record">False to leave the pass as it is on every device.</param>
/// <param name="warn">Receives a message when recording fails; the pass is then run as it is.</param>
internal sealed class RecordedStep(Func<Tensor, Tensor, Tensor> pass, bool record, Action<string>? warn = null) : IDisposable
{
    // Libraries measure and make plans in the first runs.
    private const int RunsBefore = 3;
    private readonly Func<Tensor, Tensor, Tensor> _pass = pass;
    private CudaGraph? _graph;
    private Tensor? _images, _labels, _logits;
    private long[] _shape = [];
    private int _runs;
    private bool _record = record;

    /// <summary>Runs the pass.</summary>
    /// <returns>The logits, valid until the next run.</returns>
    public Tensor Run(Tensor images, Tensor labels)
    {
        if (!_record || !CudaGraph.IsSupported(images.device))
            return _pass(images, labels);
        if (_graph is not null && images.shape.AsSpan().SequenceEqual(_images!.shape))
        {
            _images.copy_(images);
            _labels!.copy_(labels);
            _graph.Launch();
            return _logits!.alias();
        }

        // The last batch of an epoch may be smaller; it alone is no reason to record anew.
        _runs = images.shape.AsSpan().SequenceEqual(_shape) ? _runs + 1 : 1;
        _shape = images.shape;
        if (_runs <= RunsBefore)
            return _pass(images, labels);
        Record(images, labels);
        return Run(images, labels);
    }

    public void Dispose()
    {
        _graph?.Dispose();
        _graph = null;
        _images?.Dispose();
        _labels?.Dispose();
        _logits?.Dispose();
    }

    private void Record(Tensor images, Tensor labels)
    {
        Dispose();
        _images = images.clone().DetachFromDisposeScope();
        _labels = labels.clone().DetachFromDisposeScope();
        _graph = CudaGraph.Record(
            () =>
            {
                using DisposeScope scope = NewDisposeScope();
                _logits = _pass(_images, _labels).DetachFromDisposeScope();
            },
            out Exception? failure);
        if (_graph is not null)
            return;
        _record = false;
        warn?.Invoke($"The steps could not be recorded and take longer: {failure!.Message}");
    }
}
