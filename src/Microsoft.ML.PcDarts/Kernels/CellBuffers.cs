namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// The memory of a network's cells, kept from step to step: fresh memory would cost a page fault for every 4 KiB. Not for use by two passes at once on different threads.
/// </summary>
internal sealed unsafe class CellBuffers(int threads) : IDisposable
{
    private readonly List<FloatBlock> _free = [];
    private CellSizes _sizes;
    private CellScratch[] _scratch = [];
    private FloatBlock[] _sums = [];

    /// <summary>Threads that share a pass.</summary>
    internal int Threads { get; } = threads;

    /// <summary>Memory of at least that many floats, not cleared.</summary>
    internal FloatBlock Rent(long floats)
    {
        int best = -1;
        for (int i = 0; i < _free.Count; i++)
        {
            if (_free[i].Length >= floats && (best < 0 || _free[i].Length < _free[best].Length))
                best = i;
        }

        if (best < 0)
        {
            // Memory for pictures of another size is given up, so that the list does not grow from size to size.
            if (_free.Count > 0)
            {
                _free[0].Dispose();
                _free.RemoveAt(0);
            }

            return new FloatBlock(floats);
        }

        FloatBlock found = _free[best];
        _free.RemoveAt(best);
        return found;
    }

    internal void Return(FloatBlock memory) => _free.Add(memory);

    /// <summary>Makes the scratch memory at least as large as asked.</summary>
    internal void Prepare(CellSizes sizes)
    {
        if (_scratch.Length > 0 && _sizes.Covers(sizes))
            return;
        _sizes = _sizes.Union(sizes);
        FreeScratch();
        _scratch = [.. Enumerable.Range(0, Threads).Select(_ => new CellScratch(_sizes))];
        _sums = [.. Enumerable.Range(0, 4 * Threads).Select(_ => new FloatBlock(_sizes.WeightGradients))];
    }

    /// <summary>Runs the work of every picture, on whichever thread is free.</summary>
    internal void ForEachImage(int images, Action<int, CellScratch> work) => Share(images, (image, scratch) =>
    {
        scratch.WeightGradients = null;
        work(image, scratch);
    });

    /// <summary>
    /// Runs the work of every picture for work that adds up gradients of weights: in chunks with a sum each, so that the order of the additions never depends on which thread was free.
    /// The chunks become smaller towards the end, which keeps short the time in which some threads have nothing left to do.
    /// </summary>
    internal void ForEachImageSumming(int images, Action<int, CellScratch> work) => Share(_sums.Length, (chunk, scratch) =>
    {
        scratch.WeightGradients = _sums[chunk].Pointer;
        int end = Start(chunk + 1);
        for (int image = Start(chunk); image < end; image++)
            work(image, scratch);

        int Start(int index)
        {
            long rest = _sums.Length - index, parts = _sums.Length;
            return (int)(images - images * rest * (rest + 1) / (parts * (parts + 1)));
        }
    });

    /// <summary>Sets all sums to zero.</summary>
    /// <param name="floats">Floats of a sum.</param>
    internal void ClearSums(int floats) => Share(_sums.Length, (chunk, _) => new Span<float>(_sums[chunk].Pointer, floats).Clear());

    /// <summary>Adds up the sums of all chunks, in order.</summary>
    /// <param name="floats">Floats of a sum.</param>
    /// <returns>The total, valid until the next pass.</returns>
    internal float* Total(int floats)
    {
        const int block = 4096;
        float* total = _sums[0].Pointer;
        Share((floats + block - 1) / block, (part, _) =>
        {
            int start = part * block, count = Math.Min(block, floats - start);
            for (int chunk = 1; chunk < _sums.Length; chunk++)
                Planes.AddAll(_sums[chunk].Pointer + start, total + start, count);
        });
        return total;
    }

    public void Dispose()
    {
        FreeScratch();
        _free.ForEach(block => block.Dispose());
        _free.Clear();
        (_scratch, _sums, _sizes) = ([], [], default);
    }

    private void FreeScratch()
    {
        Array.ForEach(_scratch, scratch => scratch.Dispose());
        Array.ForEach(_sums, sum => sum.Dispose());
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
