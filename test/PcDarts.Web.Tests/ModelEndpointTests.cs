using System.Text.Json.Nodes;

namespace PcDarts.Web.Tests;

[Collection(ModelCollection.Name)]
public sealed class ModelEndpointTests(ModelFixture models) : IDisposable
{
    private readonly Server _server = new(models.First);

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Model_TellsWhatTheFileHolds()
    {
        using HttpClient client = _server.CreateClient();
        JsonObject model = await Server.JsonAsync(await client.GetAsync("/model"));

        JsonNode run = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(models.First)!, "genotype.json")))!;
        Assert.Equal(run["normal"]!.ToJsonString(), model["genotype"]!["normal"]!.ToJsonString());
        Assert.Equal(run["reduce"]!.ToJsonString(), model["genotype"]!["reduce"]!.ToJsonString());
        Assert.Equal(["blue", "green", "red"], model["classNames"]!.AsArray().Select(name => (string?)name));
        Assert.Equal(new FileInfo(models.First).Length, (long)model["bytes"]!);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(models.First))),
            (string?)model["sha256"]);
        Assert.Equal(32, (int)model["shape"]!["imageWidth"]!);
        Assert.True((long)model["size"]!["parameters"]! > 0);
        Assert.InRange((double)model["validationAccuracy"]!, 0, 1);
    }

    [Fact]
    public async Task Cells_AreADrawingOfTheGenotype()
    {
        using HttpClient client = _server.CreateClient();
        HttpResponseMessage response = await client.GetAsync("/model/cells.svg");
        string svg = await response.Content.ReadAsStringAsync();

        Assert.Equal("image/svg+xml", response.Content.Headers.ContentType?.MediaType);
        JsonObject model = await Server.JsonAsync(await client.GetAsync("/model"));
        Assert.All(model["genotype"]!["normal"]!.AsArray(),
            edge => Assert.Contains($">{(string?)edge![0]}<", svg, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Healthz_NewServer_IsHealthy()
    {
        using HttpClient client = _server.CreateClient();
        JsonObject health = await Server.JsonAsync(await client.GetAsync("/healthz"));
        Assert.Equal("healthy", (string?)health["status"]);
        Assert.Null(health["problem"]);
    }

    [Fact]
    public async Task Metrics_AfterRequests_CountAnswersAndRejections()
    {
        using HttpClient client = _server.CreateClient();
        await client.PostAsync("/predict", Server.Body(ColorPictures.Draw("green")));
        await client.PostAsync("/predict", Server.Body(ColorPictures.Draw("green")));
        await client.PostAsync("/predict", Server.Body("no picture"u8.ToArray()));

        HttpResponseMessage response = await client.GetAsync("/metrics");
        string[] lines = (await response.Content.ReadAsStringAsync()).Split('\n');

        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("pcdarts_predictions_total{label=\"green\"} 2", lines);
        Assert.Contains("pcdarts_rejections_total{status=\"415\"} 1", lines);
        Assert.Contains("pcdarts_scoring_seconds_count 2", lines);
        Assert.Contains(lines, line => line.StartsWith("pcdarts_model_info{sha256=", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("http_request_duration_seconds_count{", StringComparison.Ordinal)
            && line.Contains("415", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OpenApi_DescribesEveryEndpointAndBody()
    {
        using HttpClient client = _server.CreateClient();
        JsonObject document = await Server.JsonAsync(await client.GetAsync("/openapi/v1.json"));

        JsonObject paths = document["paths"]!.AsObject();
        Assert.All(["/predict", "/predict/batch", "/model", "/model/cells.svg", "/healthz"], path => Assert.NotNull(paths[path]));
        JsonNode predict = paths["/predict"]!["post"]!;
        Assert.All(["multipart/form-data", "image/jpeg", "image/png"], type => Assert.NotNull(predict["requestBody"]!["content"]![type]));
        Assert.All(["200", "400", "413", "415", "429"], status => Assert.NotNull(predict["responses"]![status]));
        Assert.Equal("integer", (string?)predict["parameters"]![0]!["schema"]!["type"]);
    }
}
