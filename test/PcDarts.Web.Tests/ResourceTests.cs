using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using PcDarts.Web.Budget;

namespace PcDarts.Web.Tests;

/// <summary>Clients can take nothing from each other.</summary>
[Collection(ModelCollection.Name)]
public sealed class ResourceTests(ModelFixture models)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // A client that follows redirects reads a body to its end before it sends it.
    private static readonly WebApplicationFactoryClientOptions Direct = new() { AllowAutoRedirect = false };

    [Fact]
    public async Task Predict_HundredsOfUnfinishedBodies_DoNotKeepOthersWaiting()
    {
        using var server = new Server(models.First, ("MaxQueuedRequests", "1000"));
        using HttpClient client = server.CreateClient(Direct);
        var release = new TaskCompletionSource();
        SlowContent[] slow = [.. Enumerable.Range(0, 330).Select(_ => new SlowContent(ColorPictures.Draw("green"), 10, release.Task))];
        Task<HttpResponseMessage>[] unfinished = [.. slow.Select(body => client.PostAsync("/predict", body))];
        await Task.WhenAll(slow.Select(body => body.Begun));

        Assert.Equal("red", await LabelAsync(await client.PostAsync("/predict", Server.Body(ColorPictures.Draw("red")))
            .WaitAsync(Patience)));

        Assert.DoesNotContain(unfinished, task => task.IsCompleted);
        release.SetResult();
        foreach (HttpResponseMessage response in await Task.WhenAll(unfinished))
            Assert.Equal("green", await LabelAsync(response));
    }

    [Fact]
    public async Task Predict_BodyThatStopsWhileOthersWaitForItsBytes_IsCutOff()
    {
        using var server = new Server(models.First, ("MaxRequestBytes", "100000"), ("MaxReceivingBytes", "100000"),
            ("RequestTimeoutSeconds", "60"));
        using HttpClient client = server.CreateClient(Direct);
        byte[] large = [.. ColorPictures.Draw("red"), .. new byte[90_000]];
        var body = new SlowContent(large, 66_000, new TaskCompletionSource().Task, announced: true);
        Task<HttpResponseMessage> stopped = client.PostAsync("/predict", body);
        await body.Begun;
        ServingBudget budget = server.Services.GetRequiredService<ServingBudget>();
        await Server.UntilAsync(() => Task.FromResult(budget.BytesLeft < 10_000), "Taking the bytes");

        HttpResponseMessage other = await client.PostAsync("/predict", Server.Body(large)).WaitAsync(Patience);

        Assert.Equal("red", await LabelAsync(other));
        await BadInputTests.AssertProblemAsync(await stopped.WaitAsync(Patience), 408, "bytes a second while others waited");
        Assert.Equal(100_000, budget.BytesLeft);
    }

    [Fact]
    public async Task Predict_ManyLargeBodiesAtOnce_AreAllAnsweredAndGiveTheirBytesBack()
    {
        using var server = new Server(models.First, ("MaxRequestBytes", "300000"), ("MaxReceivingBytes", "600000"));
        using HttpClient client = server.CreateClient(Direct);
        byte[] large = [.. ColorPictures.Draw("blue"), .. new byte[250_000]];

        HttpResponseMessage[] responses = await Task.WhenAll(Enumerable.Range(0, 40)
            .Select(_ => client.PostAsync("/predict", Server.Body(large)))).WaitAsync(Patience);

        foreach (HttpResponseMessage response in responses)
            Assert.Equal("blue", await LabelAsync(response));
        Assert.Equal(600_000, server.Services.GetRequiredService<ServingBudget>().BytesLeft);
    }

    [Fact]
    public async Task Predict_NotReceivedOrNotAnsweredInTime_SaysWhoseFaultItWasInAtMostOneLine()
    {
        var lines = new ConcurrentQueue<string>();
        using var server = new Server(models.First, ("RequestTimeoutSeconds", "1"), ("MaxReceivingBytes", "80000"),
            ("MaxRequestBytes", "80000"));
        using WebApplicationFactory<Program> logged = server.WithWebHostBuilder(
            builder => builder.ConfigureLogging(logging => logging.AddProvider(new Lines(lines))));
        using HttpClient client = logged.CreateClient(Direct);
        ServingBudget budget = logged.Services.GetRequiredService<ServingBudget>();
        lines.Clear();

        await BadInputTests.AssertProblemAsync(await client.PostAsync("/predict",
            new SlowContent(new byte[100], 10, new TaskCompletionSource().Task)), 408, "was not received within 1 seconds");
        using (await budget.TakeBytesAsync("", 80_000, CancellationToken.None))
        {
            HttpResponseMessage busy = await client.PostAsync("/predict", Server.Body(new byte[80_000]));
            await BadInputTests.AssertProblemAsync(busy, 503, "had no turn within 1 seconds");
            Assert.NotNull(busy.Headers.RetryAfter);
        }

        Assert.True(lines.Count <= 2, string.Join('\n', lines));
        Assert.DoesNotContain(lines, line => line.Contains('\n', StringComparison.Ordinal));
    }

    [Fact]
    public async Task PredictBatch_TooManyPixelsTogether_IsRefusedBeforeAnyIsDecoded()
    {
        using var server = new Server(models.First, ("MaxQueuedPixels", "2047"));
        using HttpClient client = server.CreateClient();
        byte[] picture = ColorPictures.Draw("red");
        await BadInputTests.AssertProblemAsync(await client.PostAsync("/predict/batch",
            Server.Form(("a.png", picture), ("b.png", picture))), 413, "2048 pixels together; at most 2047");
        Assert.Equal("red", await LabelAsync(await client.PostAsync("/predict", Server.Body(picture))));
    }

    [Fact]
    public async Task Metrics_InventedMethods_AreOneMethod()
    {
        using var server = new Server(models.First);
        using HttpClient client = server.CreateClient();
        for (int i = 0; i < 50; i++)
            using (HttpResponseMessage response = await client.SendAsync(new HttpRequestMessage(new HttpMethod($"M{i}"),
                i % 2 == 0 ? "/predict" : $"/{i}")))
                Assert.True(response.StatusCode is HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotFound, $"{response.StatusCode}");

        string[] lines = (await client.GetStringAsync("/metrics")).Split('\n');
        Assert.Contains(lines, line => line.Contains("method=\"OTHER\"", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("method=\"M", StringComparison.Ordinal));
        Assert.True(lines.Count(line => line.StartsWith("http_requests_received_total{", StringComparison.Ordinal)) <= 4);
    }

    [Fact]
    public void Kestrel_Limits_AreThoseOfTheBudget()
    {
        using var server = new Server(models.First, ("MinBytesPerSecond", "2000"));
        KestrelServerLimits limits = server.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;
        Assert.Equal(2000, limits.MinRequestBodyDataRate?.BytesPerSecond);
        Assert.Equal(256 * 1024, limits.MaxRequestBufferSize);
    }

    [Fact]
    public async Task Kestrel_MoreConnectionsThanAClientMayHave_ClosesTheLast()
    {
        using var server = new Server(models.First, ("MaxConnectionsPerClient", "2"));
        server.UseKestrel(options => options.Listen(IPAddress.Loopback, 0));
        server.StartServer();
        Uri address = server.ClientOptions.BaseAddress;
        using HttpClient one = new() { BaseAddress = address }, two = new() { BaseAddress = address },
            three = new() { BaseAddress = address };
        await one.GetStringAsync("/healthz");
        await two.GetStringAsync("/healthz");

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => three.GetStringAsync("/healthz"));

        // Its client tries more than once.
        Assert.DoesNotContain("pcdarts_connections_refused_total 0", await one.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    private static async Task<string?> LabelAsync(HttpResponseMessage response)
        => (string?)((JsonObject)await Server.JsonAsync(response))["label"];

    private sealed class Lines(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                lines.Enqueue($"{formatter(state, exception)}{(exception is null ? "" : $"\n{exception}")}");
        }

        public void Dispose()
        {
        }
    }
}
