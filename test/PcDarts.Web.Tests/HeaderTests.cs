using System.Net;

namespace PcDarts.Web.Tests;

/// <summary>Headers and hosts.</summary>
[Collection(ModelCollection.Name)]
public sealed class HeaderTests(ModelFixture models)
{
    [Fact]
    public async Task EveryAnswer_GoodOrBad_IsProtected()
    {
        using var server = new Server(models.First, ("MaxRequestBytes", "100000"));
        using HttpClient client = server.CreateClient();
        using var unknownHost = new HttpRequestMessage(HttpMethod.Get, "/healthz") { Headers = { Host = "evil.example" } };
        (HttpStatusCode Status, Task<HttpResponseMessage> Response)[] answers =
        [
            (HttpStatusCode.OK, client.GetAsync("/")),
            (HttpStatusCode.OK, client.GetAsync("/metrics")),
            (HttpStatusCode.OK, client.PostAsync("/predict", Server.Body(ColorPictures.Draw("red")))),
            (HttpStatusCode.BadRequest, client.PostAsync("/predict?top=0", Server.Body(ColorPictures.Draw("red")))),
            (HttpStatusCode.BadRequest, client.SendAsync(unknownHost)),
            (HttpStatusCode.NotFound, client.GetAsync("/nothing")),
            (HttpStatusCode.MethodNotAllowed, client.GetAsync("/predict")),
            (HttpStatusCode.RequestEntityTooLarge, client.PostAsync("/predict", Server.Body(new byte[100_001]))),
            (HttpStatusCode.UnsupportedMediaType, client.PostAsync("/predict", Server.Body("text"u8.ToArray(), "text/plain"))),
        ];
        foreach ((HttpStatusCode status, Task<HttpResponseMessage> task) in answers)
        {
            HttpResponseMessage response = await task;
            Assert.Equal(status, response.StatusCode);
            Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
            Assert.Contains("frame-ancestors 'none'", Assert.Single(response.Headers.GetValues("Content-Security-Policy")),
                StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(null, "localhost", HttpStatusCode.OK)]
    [InlineData(null, "127.0.0.1:5000", HttpStatusCode.OK)]
    [InlineData(null, "[::1]", HttpStatusCode.OK)]
    [InlineData(null, "rebound.example", HttpStatusCode.BadRequest)]
    [InlineData("http://localhost:5000;http://[::1]:5001", "rebound.example", HttpStatusCode.BadRequest)]
    [InlineData("http://0.0.0.0:8080", "any.example", HttpStatusCode.OK)]
    [InlineData("http://localhost:5000;http://*:8080", "any.example", HttpStatusCode.OK)]
    public async Task Hosts_OnTheLoopback_AreTheLoopbacksOnly(string? urls, string host, HttpStatusCode status)
    {
        using var server = new Server(models.First);
        using var configured = urls is null ? null : server.WithWebHostBuilder(builder => builder.UseSetting("urls", urls));
        using HttpClient client = (configured ?? server).CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/healthz") { Headers = { Host = host } };
        Assert.Equal(status, (await client.SendAsync(request)).StatusCode);
    }
}
