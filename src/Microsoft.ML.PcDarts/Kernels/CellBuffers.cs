namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// Memory: the buffers of a network's cells, and the threads that share a sweep over the images of a batch.
/// </summary>
/// <remarks>
/// Memory is kept from step to step, since fresh memory would cost a page fault for every 4 KiB. Not for two passes at once on different
/// threads.
/// </remarks>
internal sealed unsafe class CellBuffers(int threads) : IDisposable
{
    private readonly List<FloatBuffer> _free = [];
    private ScratchSizes _sizes;
    private CellScratch[] _scratch = [];
    private FloatBuffer[] _chunkSums = [];

    /// <summary>Threads that share a sweep.</summary>
    public int Threads { get; } = threads;

    /// <summary>A buffer of at least that many floats, not cleared.</summary>
    public FloatBuffer Rent(long floats)
    {
        int best = -1;
        for (int i = 0; i < _free.Count; i++)
        {
            if (_free[i].Length >= floats && (best < 0 || _free[i].Length < _free[best].Length))
                best = i;
        }

        if (best < 0)
        {
            // A buffer for images of another size is freed, so that the list does not grow from size to size.
            if (_free.Count > 0)
            {
                _free[0].Dispose();
                _free.RemoveAt(0);
            }

            return new FloatBuffer(floats);
        }

        FloatBuffer found = _free[best];
        _free.RemoveAt(best);
        return found;
    }

    public void Return(FloatBuffer buffer) => _free.Add(buffer);

    /// <summary>Makes the scratch memory at least as large as asked.</summary>
    public void Prepare(ScratchSizes sizes)
    {
        if (_scratch.Length > 0 && _sizes.Covers(sizes))
            return;
        _sizes = _sizes.Union(sizes);
        FreeScratch();
        _scratch = [.. Enumerable.Range(0, Threads).Select(_ => new CellScratch(_sizes))];
        _chunkSums = [.. Enumerable.Range(0, 4 * Threads).Select(_ => new FloatBuffer(_sizes.WeightGradients))];
    }

    /// <summary>Runs the work for every image, on whichever thread is free.</summary>
    /// <param name="images">Images of the batch.</param>
    /// <param name="descending">Whether to start with the last image.</param>
    /// <param name="work">Called with the image's index.</param>
    public void ForEachImage(int images, bool descending, Action<int, CellScratch> work)
    {
        Share(images, (number, scratch) =>
        {
            scratch.WeightGradients = null;
            work(descending ? images - 1 - number : number, scratch);
        });
    }

    /// <summary>
    /// Runs the work for every image, for work that adds to gradients of weights: in chunks with a sum each, so that the order of the
    /// additions does not depend on which thread is free. Chunks become smaller towards the end, which shortens the time in which some
    /// threads are idle.
    /// </summary>
    /// <param name="images">Images of the batch.</param>
    /// <param name="descending">Whether to start with the last image.</param>
    /// <param name="work">Called with the image's index.</param>
    public void ForEachImageInChunks(int images, bool descending, Action<int, CellScratch> work)
    {
        Share(_chunkSums.Length, (chunk, scratch) =>
        {
            scratch.WeightGradients = _chunkSums[chunk].Pointer;
            int end = ChunkStart(images, chunk + 1);
            for (int number = ChunkStart(images, chunk); number < end; number++)
                work(descending ? images - 1 - number : number, scratch);
        });
    }

    /// <summary>Sets the sums of all chunks to zero.</summary>
    /// <param name="floats">Floats of a sum.</param>
    public void ClearSums(int floats)
        => Share(_chunkSums.Length, (chunk, _) => new Span<float>(_chunkSums[chunk].Pointer, floats).Clear());

    /// <summary>Adds up the sums of all chunks, in order.</summary>
    /// <param name="floats">Floats of a sum.</param>
    /// <returns>The total, valid until the next pass.</returns>
    public float* Total(int floats)
    {
        const int block = 4096;
        float* total = _chunkSums[0].Pointer;
        Share((floats + block - 1) / block, (part, _) =>
        {
            int start = part * block, count = Math.Min(block, floats - start);
            for (int chunk = 1; chunk < _chunkSums.Length; chunk++)
                Planes.Add(_chunkSums[chunk].Pointer + start, total + start, count);
        });
        return total;
    }

    public void Dispose()
    {
        FreeScratch();
        _free.ForEach(buffer => buffer.Dispose());
        _free.Clear();
        (_scratch, _chunkSums, _sizes) = ([], [], default);
    }

    /// <summary>The first image of a chunk, if chunks shrink linearly.</summary>
    private int ChunkStart(int images, int chunk)
    {
        long chunks = _chunkSums.Length, rest = chunks - chunk;
        return (int)(images - images * rest * (rest + 1) / (chunks * (chunks + 1)));
    }

    private void FreeScratch()
    {
        Array.ForEach(_scratch, scratch => scratch.Dispose());
        Array.ForEach(_chunkSums, sums => sums.Dispose());
    }

    /// <summary>Hands out the numbers 0 to <paramref name="count"/> − 1 in order to the threads.</summary>
    private void Share(int count, Action<int, CellScratch> work)
    {
        int next = -1;
        Parallel.For(0, Math.Min(Threads, count), new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread =>
        {
            for (int number = Interlocked.Increment(ref next); number < count; number = Interlocked.Increment(ref next))
                work(number, _scratch[thread]);
        });
    }
}
