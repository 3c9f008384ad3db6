using System.Net;
using PcDarts.Web.Budget;

namespace PcDarts.Web.Tests.Budget;

public sealed class ServingBudgetTests
{
    [Fact]
    public void TryConnect_TooManyInAllOrOfOneClient_IsRefusedUntilOneEnds()
    {
        var budget = new ServingBudget(new ServingOptions { MaxConnections = 3, MaxConnectionsPerClient = 2 }, new ServingMetrics());
        Assert.True(budget.TryConnect("a"));
        Assert.True(budget.TryConnect("a"));
        Assert.False(budget.TryConnect("a"));
        Assert.True(budget.TryConnect("b"));
        Assert.False(budget.TryConnect("c"));

        budget.Disconnect("a");

        Assert.True(budget.TryConnect("c"));
        Assert.False(budget.TryConnect("b"));
    }

    [Fact]
    public void EnterQueue_TooManyRequestsOrPixels_IsRefusedUntilOneEnds()
    {
        var budget = new ServingBudget(new ServingOptions { MaxQueuedRequests = 2, MaxQueuedPixels = 100 }, new ServingMetrics());
        Assert.Equal(413, Assert.Throws<RejectedException>(() => budget.EnterQueue(101)).Status);
        budget.EnterQueue(90);
        RejectedException full = Assert.Throws<RejectedException>(() => budget.EnterQueue(11));
        Assert.Equal((429, 1), (full.Status, full.RetryAfterSeconds));
        budget.EnterQueue(10);
        Assert.Equal(429, Assert.Throws<RejectedException>(() => budget.EnterQueue(0)).Status);

        budget.ReleasePixels(90);
        budget.LeaveQueue();

        budget.EnterQueue(90);
    }

    [Fact]
    public async Task DecodeAsync_LargePictures_LeaveSmallOnesTheirPlaces()
    {
        var budget = new ServingBudget(new ServingOptions { MaxConcurrentPictures = 4, MaxDecodingPixels = 50_000_000 },
            new ServingMetrics());
        using FairShare.Portion large = await budget.DecodeAsync("a", 50_000_000, CancellationToken.None);
        Task<FairShare.Portion> next = budget.DecodeAsync("b", 2_000_000, CancellationToken.None);

        Assert.False(next.IsCompleted);
        for (int i = 0; i < 4; i++)
            Assert.True(budget.DecodeAsync("a", 1_000_000, CancellationToken.None).IsCompletedSuccessfully);
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("::1", "::1")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2::9", "2001:db8:1:2::/64")]
    public void ClientAddress_OneSubscriber_IsOneClient(string address, string name)
        => Assert.Equal(name, ClientAddress.Of(IPAddress.Parse(address)));
}
