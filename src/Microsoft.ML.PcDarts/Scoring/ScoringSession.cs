using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Scoring;

/// <summary>An ONNX network with one input of bytes <c>[N, 3, H, W]</c> and one output of floats <c>[N, count]</c>, run on batches from any
/// number of threads.</summary>
internal sealed class ScoringSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly SemaphoreSlim _turns;
    private readonly string[] _input;
    private readonly string[] _output;
    private readonly long[] _picture;
    private int _closing;
    private volatile bool _disposed;

    /// <param name="model">The network's ONNX file.</param>
    /// <param name="settings">Threads, batch size and device.</param>
    /// <exception cref="ArgumentOutOfRangeException">A batch of that size does not fit an array.</exception>
    /// <exception cref="InvalidDataException">The network does not give so many values a picture; the message has no subject.</exception>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime refuses the network.</exception>
    public ScoringSession(byte[] model, ScoringSettings settings)
    {
        Threads = settings.Threads ?? Processor.PhysicalCores();
        BatchSize = new BatchSizeTuner(settings.BatchSize);
        _turns = new SemaphoreSlim(Threads, Threads);
        _session = settings.Open(model);
        (string name, NodeMetadata pixels) = _session.InputMetadata.Single();
        _picture = [.. pixels.Dimensions[1..].Select(size => (long)size)];
        _input = [name];
        _output = [_session.OutputNames[0]];
        InputLength = (int)_picture.Aggregate(1L, (product, size) => product * size);
        if ((long)BatchSize.Largest * InputLength > Array.MaxLength)
        {
            _session.Dispose();
            throw new ArgumentOutOfRangeException(nameof(BatchSize),
                $"BatchSize {BatchSize.Largest} is too large for pictures of {InputLength} bytes; at most {Array.MaxLength / InputLength} "
                    + "fit a batch.");
        }
        int[] output = _session.OutputMetadata[_output[0]].Dimensions;
        if (output is not [_, > 0 and var length])
        {
            _session.Dispose();
            throw new InvalidDataException($"its network gives values of shape [{string.Join(", ", output)}] instead of some "
                + "for each picture");
        }

        OutputLength = length;
    }

    /// <summary>The network's outputs for a black picture. Batch sizes are not measured with it.</summary>
    /// <exception cref="OnnxRuntimeException">The network cannot be run.</exception>
    public float[] Probe()
    {
        float[] results = new float[OutputLength];
        Run(new byte[InputLength], results, 1, measured: false);
        return results;
    }

    /// <summary>Batches that are computed at the same time, each on one thread: for networks of this size that is faster than several
    /// threads on one batch, because no thread waits for another inside it.</summary>
    public int Threads { get; }

    /// <summary>The number of pictures to run together.</summary>
    public BatchSizeTuner BatchSize { get; }

    /// <summary>Bytes of a picture: 3·H·W.</summary>
    public int InputLength { get; }

    /// <summary>Values that come out for a picture.</summary>
    public int OutputLength { get; }

    /// <summary>Runs a batch.</summary>
    /// <param name="pixels">RGB planes of the pictures, one after another.</param>
    /// <param name="results">Receives <paramref name="count"/> times <see cref="OutputLength"/> values.</param>
    /// <param name="count">Number of pictures, at least 1.</param>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public void Run(byte[] pixels, float[] results, int count) => Run(pixels, results, count, measured: true);

    private void Run(byte[] pixels, float[] results, int count, bool measured)
    {
        // No more than one batch a core, however many threads call: more would not be faster, and each needs memory for its activations.
        _turns.Wait();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            long started = Stopwatch.GetTimestamp();
            using OrtValue input = OrtValue.CreateTensorValueFromMemory(
                OrtMemoryInfo.DefaultInstance, pixels.AsMemory(0, count * InputLength), [count, .. _picture]);
            using OrtValue output = OrtValue.CreateTensorValueFromMemory(
                OrtMemoryInfo.DefaultInstance, results.AsMemory(0, count * OutputLength), [count, OutputLength]);
            _session.Run(_runOptions, _input, [input], _output, [output]);
            if (measured)
                BatchSize.Report(count, Stopwatch.GetElapsedTime(started));
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <summary>Waits for the batches that are being computed and closes the session.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _closing, 1) != 0)
            return;
        for (int turn = 0; turn < Threads; turn++)
            _turns.Wait();
        _disposed = true;
        _session.Dispose();
        _runOptions.Dispose();
        _turns.Release(Threads);
    }
}
