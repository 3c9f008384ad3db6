using PcDarts.Web.Budget;

namespace PcDarts.Web.Tests.Budget;

public sealed class FairShareTests
{
    private readonly List<string> _order = [];

    [Fact]
    public async Task TakeAsync_OneClientAsksForMuch_TheOthersHaveTheirTurnsBetween()
    {
        var share = new FairShare(capacity: 10);
        FairShare.Portion all = await share.TakeAsync("first", 10, CancellationToken.None);
        Task[] asked = [.. Enumerable.Range(0, 4).Select(i => Request(share, "a", 10, $"a{i}")), Request(share, "b", 10, "b"),
            Request(share, "c", 10, "c")];

        all.Dispose();
        await Task.WhenAll(asked);

        Assert.Equal(["a0", "b", "c", "a1", "a2", "a3"], _order);
    }

    [Fact]
    public async Task TakeAsync_OneClientAsksForLargeAndSmall_TheSmallComesFirst()
    {
        var share = new FairShare(capacity: 100);
        FairShare.Portion all = await share.TakeAsync("a", 100, CancellationToken.None);
        Task[] asked = [Request(share, "a", 100, "large"), Request(share, "a", 40, "middle"), Request(share, "a", 1, "small")];

        all.Dispose();
        await Task.WhenAll(asked);

        Assert.Equal(["small", "middle", "large"], _order);
    }

    [Fact]
    public async Task TakeAsync_LargeWaits_SmallerOfOthersDoNotPassIt()
    {
        var share = new FairShare(capacity: 10);
        FairShare.Portion some = await share.TakeAsync("a", 5, CancellationToken.None);
        Task<FairShare.Portion> large = share.TakeAsync("b", 10, CancellationToken.None),
            small = share.TakeAsync("c", 1, CancellationToken.None);

        Assert.False(small.IsCompleted);
        some.Dispose();
        (await large).Dispose();
        (await small).Dispose();
        Assert.Equal(10, share.Free);
    }

    [Fact]
    public async Task TakeAsync_ClientHasItsShare_OthersPass()
    {
        var share = new FairShare(capacity: 10, perClient: 5);
        FairShare.Portion first = await share.TakeAsync("a", 5, CancellationToken.None);
        Task<FairShare.Portion> second = share.TakeAsync("a", 1, CancellationToken.None);

        (await share.TakeAsync("b", 5, CancellationToken.None)).Dispose();
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second).Dispose();
    }

    [Fact]
    public async Task TakeAsync_Places_LimitTheNumber()
    {
        var share = new FairShare(capacity: 10, places: 1);
        FairShare.Portion first = await share.TakeAsync("a", 1, CancellationToken.None);
        Task<FairShare.Portion> second = share.TakeAsync("b", 1, CancellationToken.None);

        Assert.False(second.IsCompleted);
        first.Dispose();
        first.Dispose();
        (await second).Dispose();
        Assert.Equal(10, share.Free);
    }

    [Fact]
    public async Task TakeAsync_LargerThanAll_TakesAll()
    {
        var share = new FairShare(capacity: 10);
        using FairShare.Portion portion = await share.TakeAsync("a", 11, CancellationToken.None);
        Assert.Equal(0, share.Free);
        portion.ShrinkTo(3);
        Assert.Equal(7, share.Free);
    }

    [Fact]
    public async Task TakeAsync_Cancelled_LetsTheOthersPass()
    {
        var share = new FairShare(capacity: 10);
        using FairShare.Portion some = await share.TakeAsync("a", 5, CancellationToken.None);
        using var end = new CancellationTokenSource();
        Task<FairShare.Portion> large = share.TakeAsync("b", 10, end.Token), small = share.TakeAsync("c", 1, CancellationToken.None);

        await end.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        (await small).Dispose();
        Assert.Equal(5, share.Free);
    }

    private async Task Request(FairShare share, string client, long amount, string name)
    {
        using FairShare.Portion portion = await share.TakeAsync(client, amount, CancellationToken.None);
        _order.Add(name);
    }
}
