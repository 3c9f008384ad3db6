using CsCheck;
using Microsoft.ML.PcDarts.Images;

namespace Microsoft.ML.PcDarts.Tests.Images;

public sealed class BatchSamplerTests
{
    [Fact]
    public void Epoch_AnySize_IsAPermutationOfTheRows()
        => Gen.Select(Gen.Int[1, 60], Gen.Int[1, 17], Gen.Int, Gen.Int[0, 5]).Sample((count, batchSize, seed, epoch) =>
        {
            int[] rows = [.. Enumerable.Range(100, count)];
            BatchSampler sampler = new(rows, batchSize, seed);
            long[][] batches = [.. sampler.Epoch(epoch)];
            Assert.Equal(sampler.BatchesPerEpoch, batches.Length);
            Assert.All(batches[..^1], batch => Assert.Equal(batchSize, batch.Length));
            Assert.Equal(rows.Select(row => (long)row), batches.SelectMany(batch => batch).Order());
        });

    [Fact]
    public void Epoch_SameSeedAndEpoch_GivesTheSameOrder()
    {
        int[] rows = [.. Enumerable.Range(0, 50)];
        Assert.Equal(new BatchSampler(rows, 8, 3).Order(4), new BatchSampler(rows, 8, 3).Order(4));
        Assert.NotEqual(new BatchSampler(rows, 8, 3).Order(4), new BatchSampler(rows, 8, 3).Order(5));
        Assert.NotEqual(new BatchSampler(rows, 8, 3).Order(4), new BatchSampler(rows, 8, 4).Order(4));
    }

    [Fact]
    public void Epoch_DropLast_LeavesThePartialBatchOut()
    {
        BatchSampler sampler = new([.. Enumerable.Range(0, 10)], 4, 1, dropLast: true);
        Assert.Equal(2, sampler.BatchesPerEpoch);
        Assert.All(sampler.Epoch(0), batch => Assert.Equal(4, batch.Length));
    }

    [Fact]
    public void Epoch_DropLastWithFewerRowsThanABatch_KeepsTheOnlyBatch()
    {
        BatchSampler sampler = new([1, 2, 3], 4, 1, dropLast: true);
        Assert.Equal([1L, 2, 3], Assert.Single(sampler.Epoch(0)).Order());
    }

    [Fact]
    public void Endless_PastTheEnd_StartsAReshuffledPass()
    {
        BatchSampler sampler = new([.. Enumerable.Range(0, 10)], 4, 1);
        long[][] batches = [.. sampler.Endless().Take(6)];
        Assert.Equal(sampler.Order(0), batches[..3].SelectMany(batch => batch));
        Assert.Equal(sampler.Order(1), batches[3..].SelectMany(batch => batch));
    }

    [Fact]
    public void Endless_Resumed_ContinuesTheStream()
    {
        BatchSampler sampler = new([.. Enumerable.Range(0, 10)], 4, 1);
        long[][] whole = [.. sampler.Endless().Take(9)];
        Assert.Equal(whole[4..], sampler.Endless(firstBatch: 4).Take(5));
    }

    [Fact]
    public void Constructor_NoRows_Throws()
        => Assert.Throws<ArgumentOutOfRangeException>(() => new BatchSampler([], 4, 1));
}
