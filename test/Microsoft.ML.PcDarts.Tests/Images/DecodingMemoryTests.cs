using Microsoft.ML.PcDarts.Images;

namespace Microsoft.ML.PcDarts.Tests.Images;

public sealed class DecodingMemoryTests
{
    private const long Megabyte = 1_000_000;

    // 40 MB when decoded.
    private static readonly PictureHeader Large = new(2000, 5000, false, 4);

    [Fact]
    public void Enter_ManyLargePictures_HoldsNoMoreThanFits()
    {
        const long Free = 140 * Megabyte;
        DecodingMemory memory = new(() => Free, Nothing);
        int held = 0, most = 0;
        Parallel.For(0, 12, new ParallelOptions { MaxDegreeOfParallelism = 12 }, i =>
        {
            using DecodingMemory.Lease lease = memory.Enter(Large, "a.jpg", CancellationToken.None);
            int now = Interlocked.Increment(ref held);
            InterlockedMax(ref most, now);
            Thread.Sleep(2);
            Interlocked.Decrement(ref held);
        });
        Assert.InRange(most, 1, 2);
    }

    [Fact]
    public void Enter_SmallPictures_AreNotCounted()
    {
        DecodingMemory memory = new(() => throw new InvalidOperationException("asked"), Nothing);
        using DecodingMemory.Lease lease = memory.Enter(new PictureHeader(1000, 1000, false, 4), "a.jpg", CancellationToken.None);
    }

    [Fact]
    public void Enter_PictureThatDoesNotFit_SaysWhatItTakes()
    {
        DecodingMemory memory = new(() => 63_554_432, Nothing);
        InsufficientMemoryException error = Assert.Throws<InsufficientMemoryException>(
            () => memory.Enter(Large, "/p/a.jpg", CancellationToken.None));
        Assert.Contains("'/p/a.jpg' is of 2,000×5,000 pixels and takes 40 MB of memory to decode; 30 MB are free", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Enter_MemoryThatIsKeptForLater_IsReturnedFirst()
    {
        long free = 10 * Megabyte;
        DecodingMemory memory = new(() => free, () => free = 100 * Megabyte);
        using DecodingMemory.Lease lease = memory.Enter(Large, "a.jpg", CancellationToken.None);
    }

    [Fact]
    public void Enter_WhileWaiting_CanBeCancelled()
    {
        DecodingMemory memory = new(() => 100 * Megabyte, Nothing);
        using DecodingMemory.Lease first = memory.Enter(Large, "a.jpg", CancellationToken.None);
        Assert.Throws<OperationCanceledException>(() => memory.Enter(Large, "b.jpg", new CancellationToken(canceled: true)));
    }

    private static void Nothing()
    {
    }

    private static void InterlockedMax(ref int most, int now)
    {
        for (int seen = Volatile.Read(ref most); now > seen; seen = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, now, seen);
    }
}
