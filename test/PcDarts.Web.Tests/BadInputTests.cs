using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using PcDarts.Web.Budget;

namespace PcDarts.Web.Tests;

[Collection(ModelCollection.Name)]
public sealed class BadInputTests(ModelFixture models) : IDisposable
{
    private readonly Server _server = new(models.First, ("MaxRequestBytes", "100000"), ("MaxPixels", "10000"), ("MaxBatch", "3"));

    public void Dispose() => _server.Dispose();

    public static TheoryData<string, string?, byte[], int, string> Bodies
    {
        get
        {
            byte[] png = ColorPictures.Draw("red"), jpeg = ColorPictures.Draw("red", format: SkiaSharp.SKEncodedImageFormat.Jpeg),
                flipped = [.. png];
            flipped[png.Length / 2] ^= 0xFF;
            return new()
            {
                { "text", "text/plain", png, 415, "image/*, application/octet-stream and multipart/form-data" },
                { "json", "application/json", "{}"u8.ToArray(), 415, "application/json" },
                { "empty", "image/png", [], 400, "send a JPEG" },
                { "no picture", "image/png", "hello"u8.ToArray(), 415, "send a whole JPEG" },
                { "cut PNG", "image/png", png[..(png.Length / 2)], 400, "send the whole file" },
                { "cut JPEG", "image/jpeg", jpeg[..(jpeg.Length / 2)], 400, "send the whole file" },
                { "header alone", "image/png", png[..30], 415, "send a whole JPEG" },
                { "damaged PNG", "image/png", flipped, 400, "cannot be decoded to its end" },
                { "icon", "image/x-icon", Icon(png), 415, "send a JPEG, PNG, GIF, BMP or WebP file" },
                { "wireless bitmap", "image/vnd.wap.wbmp", [0, 0, 8, 8, .. new byte[8]], 415, "is a picture of the format Wbmp" },
                { "too many pixels", "image/png", ColorPictures.Draw("red", width: 101, height: 100), 413,
                    "101×100 = 10100 pixels; at most 10000" },
                    { "bomb", "image/png", Bomb(), 413, "60000×60000 = 3600000000 pixels" },
                { "too many bytes", "image/png", new byte[100_001], 413, "At most 100000 bytes" },
                { "form without files", "multipart/form-data; boundary=x",
                    "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n"u8.ToArray(), 400, "0 files" },
                    { "form cut short", "multipart/form-data; boundary=x", "--x\r\nContent-Dispo"u8.ToArray(), 400,
                        "Send the picture as the body" },
                    { "form without boundary", "multipart/form-data", "x"u8.ToArray(), 400, "boundary" },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Predict_BadBody_IsAProblemThatNamesTheRemedy(string name, string? type, byte[] body, int status, string detail)
    {
        using HttpClient client = _server.CreateClient();

        await AssertProblemAsync(await client.PostAsync("/predict", Server.Body(body, type)), status, detail, name);

        Assert.Equal("red",
            (string?)(await Server.JsonAsync(await client.PostAsync("/predict", Server.Body(ColorPictures.Draw("red")))))["label"]);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("many")]
    [InlineData("99999999999")]
    public async Task Predict_BadTop_NamesItsValue(string top)
    {
        using HttpClient client = _server.CreateClient();
        await AssertProblemAsync(await client.PostAsync($"/predict?top={top}", Server.Body(ColorPictures.Draw("red"))), 400,
            $"top is '{top}'");
    }

    [Fact]
    public async Task Predict_MutatedPictures_AreAnsweredOrRefusedAndNeverFailTheServer()
    {
        using HttpClient client = _server.CreateClient();
        SkiaSharp.SKEncodedImageFormat[] formats = [SkiaSharp.SKEncodedImageFormat.Png, SkiaSharp.SKEncodedImageFormat.Jpeg,
            SkiaSharp.SKEncodedImageFormat.Webp];
        byte[][] pictures = [.. formats.Select(format => ColorPictures.Draw("blue", format: format))];
        for (int seed = 0; seed < 300; seed++)
        {
            byte[] mutated = [.. pictures[seed % pictures.Length]];
            var random = new Random(seed);
            for (int flips = random.Next(1, 20); flips > 0; flips--)
                mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            HttpResponseMessage response = await client.PostAsync("/predict", Server.Body(mutated));
            Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge
                or HttpStatusCode.UnsupportedMediaType,
                $"seed {seed}: {response.StatusCode}");
        }
    }

    [Fact]
    public async Task Predict_TwoFiles_PointsToTheBatch()
    {
        using HttpClient client = _server.CreateClient();
        byte[] picture = ColorPictures.Draw("red");
        await AssertProblemAsync(await client.PostAsync("/predict", Server.Form(("a.png", picture), ("b.png", picture))), 400,
            "/predict/batch");
    }

    [Fact]
    public async Task Predict_ChunkedAndTooLarge_IsRefusedWhileItIsRead()
    {
        using HttpClient client = _server.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/predict") { Content = Server.Body(new byte[200_000]) };
        request.Headers.TransferEncodingChunked = true;
        request.Content.Headers.ContentLength = null;
        await AssertProblemAsync(await client.SendAsync(request), 413, "At most 100000 bytes");
    }

    [Fact]
    public async Task PredictBatch_NoForm_EmptyOrTooMany_AreProblems()
    {
        using HttpClient client = _server.CreateClient();
        byte[] picture = ColorPictures.Draw("red");
        await AssertProblemAsync(await client.PostAsync("/predict/batch", Server.Body(picture)), 415, "multipart/form-data");
        await AssertProblemAsync(await client.PostAsync("/predict/batch", new MultipartFormDataContent { { new StringContent("1"), "a" } }),
            400, "no files");
        await AssertProblemAsync(await client.PostAsync("/predict/batch",
            Server.Form([.. Enumerable.Range(0, 4).Select(i => ($"{i}.png", picture))])), 413, "4 files; at most 3");
    }

    [Fact]
    public async Task UnknownPathOrMethod_IsAProblem()
    {
        using HttpClient client = _server.CreateClient();
        await AssertProblemAsync(await client.GetAsync("/nothing"), 404, null);
        await AssertProblemAsync(await client.GetAsync("/predict"), 405, null);
    }

    [Fact]
    public async Task Predict_MoreThanAllowedAtOnce_IsToldToComeAgain()
    {
        using var server = new Server(models.First, ("MaxQueuedRequests", "1"));
        using HttpClient client = server.CreateClient();
        ServingBudget budget = server.Services.GetRequiredService<ServingBudget>();
        budget.EnterQueue(0);

        HttpResponseMessage refused = await client.PostAsync("/predict", Server.Body(ColorPictures.Draw("green")));

        await AssertProblemAsync(refused, 429, "1 requests with 0 pixels wait");
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        budget.LeaveQueue();
        Assert.Equal("green",
            (string?)(await Server.JsonAsync(await client.PostAsync("/predict", Server.Body(ColorPictures.Draw("green")))))["label"]);
    }

    internal static async Task AssertProblemAsync(HttpResponseMessage response, int status, string? detail, string name = "")
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, $"{name} {(int)response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        JsonNode problem = JsonNode.Parse(text)!;
        Assert.Equal(status, (int)problem["status"]!);
        Assert.False(string.IsNullOrEmpty((string?)problem["title"]));
        if (detail is not null)
            Assert.Contains(detail, (string?)problem["detail"], StringComparison.Ordinal);
    }

    // A Windows icon with one picture.
    private static byte[] Icon(byte[] png)
        => [0, 0, 1, 0, 1, 0, 32, 32, 0, 0, 1, 0, 32, 0, .. BitConverter.GetBytes(png.Length), 22, 0, 0, 0, .. png];

    // A PNG whose header promises 60000×60000 pixels.
    private static byte[] Bomb()
    {
        byte[] png = ColorPictures.Draw("red");
        (byte[] header, byte[] size) = ([.. png[12..29]], [0x00, 0x00, 0xEA, 0x60]);
        size.CopyTo(header, 4);
        size.CopyTo(header, 8);
        header.CopyTo(png, 12);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), Crc32(header));
        return png;
    }

    private static uint Crc32(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320u);
        }
        return ~crc;
    }
}
