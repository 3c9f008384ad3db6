namespace Microsoft.ML.PcDarts;

/// <summary>
/// The memory of a network's cells, kept from step to step: fresh memory would cost a page fault for every 4 KiB. Not for use by two passes at once on different threads.
/// </summary>
internal sealed class CellBuffers(int threads)
{
    private readonly List<float[]> _free = [];
    private CellSizes _sizes;
    private CellScratch[] _scratch = [];

    /// <summary>Threads that share a pass.</summary>
    internal int Threads { get; } = threads;

    /// <summary>Scratch memory, one for each chunk of the batch. A chunk is the unit of work of a thread.</summary>
    internal IReadOnlyList<CellScratch> Scratch => _scratch;

    /// <summary>Memory of at least that many floats, not cleared.</summary>
    internal float[] Rent(long floats)
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
                _free.RemoveAt(0);
            return CellMemory.Allocate(floats);
        }

        float[] found = _free[best];
        _free.RemoveAt(best);
        return found;
    }

    internal void Return(float[] memory) => _free.Add(memory);

    /// <summary>Makes the scratch memory at least as large as asked.</summary>
    internal void Prepare(CellSizes sizes)
    {
        if (_scratch.Length > 0 && _sizes.Covers(sizes))
            return;
        _sizes = _sizes.Union(sizes);
        _scratch = [.. Enumerable.Range(0, 4 * Threads).Select(_ => new CellScratch(_sizes))];
    }

    /// <summary>Runs the work of every picture; those of a chunk one after the other.</summary>
    internal void ForEachImage(int images, Action<int, CellScratch> work)
    {
        int chunks = Math.Min(images, _scratch.Length);
        Parallel.For(0, chunks, new ParallelOptions { MaxDegreeOfParallelism = Threads }, chunk =>
        {
            for (int image = chunk * images / chunks; image < (chunk + 1) * images / chunks; image++)
                work(image, _scratch[chunk]);
        });
    }
}
