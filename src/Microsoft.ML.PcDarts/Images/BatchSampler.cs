namespace Microsoft.ML.PcDarts.Images;

/// <summary>
/// Mini-batches of row numbers, reshuffled at every pass. It keeps no state: the batches of a pass follow from the seed and the pass's
/// number, so a run resumes from (seed, epoch, batch).
/// </summary>
internal sealed class BatchSampler
{
    private readonly int[] _rows;
    private readonly int _seed;

    /// <param name="rows">The rows to draw from; not empty.</param>
    /// <param name="batchSize">Rows a batch, at least 1.</param>
    /// <param name="seed">Give two samplers of one run different seeds.</param>
    /// <param name="dropLast">True leaves the last, smaller batch of a pass out, unless it is the only one.</param>
    public BatchSampler(int[] rows, int batchSize, int seed, bool dropLast = false)
    {
        ArgumentOutOfRangeException.ThrowIfZero(rows.Length, nameof(rows));
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        _rows = rows;
        _seed = seed;
        BatchSize = batchSize;
        BatchesPerEpoch = dropLast && rows.Length >= batchSize
            ? rows.Length / batchSize
            : (rows.Length + batchSize - 1) / batchSize;
    }

    /// <summary>Rows a batch; the last of a pass may be smaller.</summary>
    public int BatchSize { get; }

    /// <summary>Batches in one pass.</summary>
    public int BatchesPerEpoch { get; }

    /// <summary>The batches of one pass.</summary>
    /// <param name="epoch">0-based number of the pass.</param>
    /// <param name="firstBatch">Batch to begin with when resuming within a pass.</param>
    /// <returns>Row numbers, <c>[B]</c> each.</returns>
    public IEnumerable<long[]> Epoch(int epoch, int firstBatch = 0)
    {
        long[] order = Order(epoch);
        for (int batch = firstBatch; batch < BatchesPerEpoch; batch++)
        {
            int start = batch * BatchSize;
            yield return order[start..Math.Min(start + BatchSize, order.Length)];
        }
    }

    /// <summary>The passes one after another, without end.</summary>
    /// <param name="firstBatch">Batches already taken, over all passes, when resuming.</param>
    /// <returns>Row numbers, <c>[B]</c> each.</returns>
    public IEnumerable<long[]> Endless(long firstBatch = 0)
    {
        int skip = (int)(firstBatch % BatchesPerEpoch);
        for (int epoch = (int)(firstBatch / BatchesPerEpoch); ; epoch++, skip = 0)
        {
            foreach (long[] batch in Epoch(epoch, skip))
                yield return batch;
        }
    }

    /// <summary>The rows in the order of one pass.</summary>
    public long[] Order(int epoch) => SeededShuffle.Of(Array.ConvertAll(_rows, row => (long)row), _seed, epoch);
}
