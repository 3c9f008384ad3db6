using System.Collections.Concurrent;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Images;

namespace Microsoft.ML.PcDarts.Scoring;

/// <summary>
/// Decodes, prepares and scores pictures in batches on the thread pool. A batch is one task from its first file to its last probability, so
/// one batch is decoded while another is scored, and no core waits for another inside a batch.
/// </summary>
/// <param name="classifier">The model; not owned.</param>
/// <param name="session">Its network; not owned.</param>
/// <param name="badImages">What to do with a file that cannot be decoded.</param>
/// <param name="maximumPixels">Most pixels of a file.</param>
internal sealed class PictureScoring(SavedClassifier classifier, ScoringSession session, BadImageHandling badImages,
    int maximumPixels) : IDisposable
{
    private readonly ConcurrentBag<ScoringBuffers> _buffers = [];
    private volatile bool _disposed;
    private long _skipped;
    private long _turned;

    /// <summary>Turns an item into a picture; throws for one that is none.</summary>
    /// <param name="item">A path or a picture.</param>
    /// <param name="position">Its position among all items, for the message.</param>
    /// <param name="cancellation">Stops the waiting for memory.</param>
    public delegate DecodedPicture Decoder<in T>(T item, int position, CancellationToken cancellation);

    /// <summary>Pictures skipped so far.</summary>
    public long Skipped => Interlocked.Read(ref _skipped);

    /// <summary>Pictures scored so far whose files say that they are to be shown turned or mirrored.</summary>
    public long Turned => Interlocked.Read(ref _turned);

    /// <summary>Decodes a file.</summary>
    public DecodedPicture Decode(string path, int position, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(path))
            throw new ArgumentException($"The path at position {position} is {(path is null ? "null" : "empty")}.", "paths");
        DecodedPicture picture = PictureFile.Decode(path, maximumPixels, cancellation);
        if (picture.IsTurned)
            Interlocked.Increment(ref _turned);
        return picture;
    }

    /// <summary>Takes a picture as it is.</summary>
    public static DecodedPicture Borrow(MLImage image, int position, CancellationToken cancellation) => image is null
        ? throw new ArgumentException($"The picture at position {position} is null.", "images")
        : new DecodedPicture(image, isTurned: false, lease: null);

    /// <summary>Scores all items, in their order.</summary>
    public IReadOnlyList<PcDartsPrediction> Run<T>(IEnumerable<T> items, Decoder<T> decode, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        int? count = items.TryGetNonEnumeratedCount(out int known) ? known : null;
        if (count == 1)
            return Score([.. items], 0, decode, cancellation);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        CancellationToken stopping = stop.Token;
        List<PcDartsPrediction> results = [];
        Queue<Task<PcDartsPrediction[]>> running = [];
        try
        {
            int position = 0;
            foreach (T[] batch in Batches(items, count))
            {
                // As many again as are scored are decoded meanwhile.
                if (running.Count == 2 * session.Threads)
                    results.AddRange(running.Dequeue().GetAwaiter().GetResult());
                int first = position;
                position += batch.Length;
                running.Enqueue(Task.Run(() => Score(batch, first, decode, stopping), CancellationToken.None));
            }
            while (running.Count > 0)
                results.AddRange(running.Dequeue().GetAwaiter().GetResult());
            return results;
        }
        finally
        {
            // After an error the rest ends early, and before the caller can dispose of pictures that a task still reads.
            stop.Cancel();
            Wait([.. running]);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_buffers.TryTake(out ScoringBuffers? buffers))
            buffers.Dispose();
    }

    private static void Wait(Task[] tasks)
    {
        try
        {
            Task.WaitAll(tasks);
        }
        catch (AggregateException)
        {
            // The first error is on its way to the caller; these follow from it, or would have come later.
        }
    }

    // The last batches are made equal, so that all threads end at about the same time.
    private IEnumerable<T[]> Batches<T>(IEnumerable<T> items, int? count)
    {
        using IEnumerator<T> source = items.GetEnumerator();
        int taken = 0, last = 0;
        while (true)
        {
            int size = session.BatchSize.Next;
            if (count is { } all && all - taken <= size * session.Threads)
                size = last = last > 0 ? last : Math.Max(1, (all - taken + session.Threads - 1) / session.Threads);
            List<T> batch = new(size);
            while (batch.Count < size && source.MoveNext())
                batch.Add(source.Current);
            if (batch.Count == 0)
                yield break;
            taken += batch.Count;
            yield return [.. batch];
        }
    }

    private PcDartsPrediction[] Score<T>(T[] batch, int first, Decoder<T> decode, CancellationToken cancellation)
    {
        if (!_buffers.TryTake(out ScoringBuffers? buffers))
            buffers = new ScoringBuffers(classifier.Extractor());
        try
        {
            buffers.Reserve(batch.Length * session.InputLength, batch.Length * session.OutputLength);
            var results = new PcDartsPrediction?[batch.Length];
            int readable = 0;
            for (int i = 0; i < batch.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                try
                {
                    buffers.Extract(decode(batch[i], first + i, cancellation), readable * session.InputLength);
                    readable++;
                }
                catch (Exception bad) when (badImages == BadImageHandling.Skip
                    && bad is (InvalidDataException or IOException or UnauthorizedAccessException))
                {
                    Interlocked.Increment(ref _skipped);
                    results[i] = new PcDartsPrediction(bad.Message);
                }
            }
            if (readable > 0)
                session.Run(buffers.Pixels, buffers.Results, readable);
            int next = 0;
            return [.. results.Select(result => result
                ?? new PcDartsPrediction(classifier.Info.ClassNames,
                    buffers.Results.AsSpan(next++ * session.OutputLength, session.OutputLength).ToArray()))];
        }
        finally
        {
            Return(buffers);
        }
    }

    private void Return(ScoringBuffers buffers)
    {
        _buffers.Add(buffers);
        // Disposed meanwhile: whoever takes it out of the bag disposes it.
        if (_disposed && _buffers.TryTake(out ScoringBuffers? left))
            left.Dispose();
    }
}
