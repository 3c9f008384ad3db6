using System.Text.Json.Nodes;
using SkiaSharp;

namespace PcDarts.Web.Tests;

[Collection(ModelCollection.Name)]
public sealed class PredictTests(ModelFixture models) : IDisposable
{
    private readonly Server _server = new(models.First);

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData(32, 32, SKEncodedImageFormat.Png, SKColorType.Rgba8888, false)]
    [InlineData(57, 20, SKEncodedImageFormat.Png, SKColorType.Rgba8888, false)]
    [InlineData(32, 32, SKEncodedImageFormat.Png, SKColorType.Rgba8888, true)]
    [InlineData(40, 70, SKEncodedImageFormat.Png, SKColorType.Gray8, false)]
    [InlineData(33, 90, SKEncodedImageFormat.Jpeg, SKColorType.Rgba8888, false)]
    [InlineData(64, 48, SKEncodedImageFormat.Jpeg, SKColorType.Gray8, false)]
    [InlineData(45, 45, SKEncodedImageFormat.Webp, SKColorType.Rgba8888, true)]
    public async Task Predict_AnyFormat_GivesMlNetsLabelsAndProbabilities(int width, int height, SKEncodedImageFormat format,
        SKColorType type, bool transparent)
    {
        using HttpClient client = _server.CreateClient();
        byte[][] pictures = [.. ColorPictures.Names.Select(
            name => ColorPictures.Draw(name, 7, width, height, format, type, transparent))];
        string[] files = [.. pictures.Select(Save)];
        Dictionary<string, float>[] expected = ModelFixture.MlNet(models.First, files);
        for (int i = 0; i < pictures.Length; i++)
        {
            JsonObject answer = await Server.JsonAsync(await client.PostAsync("/predict", Server.Body(pictures[i])));

            Assert.Equal(expected[i].MaxBy(pair => pair.Value).Key, (string?)answer["label"]);
            Assert.Equal(expected[i].Count, answer["top"]!.AsArray().Count);
            Assert.All(answer["top"]!.AsArray(),
                pair => Assert.Equal(expected[i][(string)pair!["label"]!], (float)pair["probability"]!, 1e-5f));
        }

        string Save(byte[] content)
        {
            string file = models.NewPath("." + format.ToString().ToLowerInvariant());
            File.WriteAllBytes(file, content);
            return file;
        }
    }

    [Theory]
    [InlineData("red")]
    [InlineData("green")]
    [InlineData("blue")]
    public async Task Predict_FormAndBody_NameTheColor(string color)
    {
        using HttpClient client = _server.CreateClient();
        byte[] picture = ColorPictures.Draw(color);

        JsonObject form = await Server.JsonAsync(await client.PostAsync("/predict?top=1", Server.Form(("photo.png", picture))));
        JsonObject body = await Server.JsonAsync(await client.PostAsync("/predict?top=1", Server.Body(picture, type: null)));

        Assert.Equal(color, (string?)form["label"]);
        Assert.Equal(body.ToJsonString(), form.ToJsonString());
        Assert.Single(form["top"]!.AsArray());
    }

    [Fact]
    public async Task Predict_ManyAtOnce_AnswerAsOneAlone()
    {
        using HttpClient client = _server.CreateClient();
        byte[][] pictures = [.. Enumerable.Range(0, 12)
            .Select(i => ColorPictures.Draw(ColorPictures.Names[i % 3], seed: i, width: 20 + i))];
        string[] alone = new string[pictures.Length];
        for (int i = 0; i < pictures.Length; i++)
            alone[i] = await AskAsync(pictures[i]);

        string[] together = await Task.WhenAll(Enumerable.Range(0, 120).Select(i => AskAsync(pictures[i % pictures.Length])));

        for (int i = 0; i < together.Length; i++)
            Assert.Equal(alone[i % alone.Length], together[i]);

        async Task<string> AskAsync(byte[] picture)
            => (await Server.JsonAsync(await client.PostAsync("/predict", Server.Body(picture)))).ToJsonString();
    }

    [Fact]
    public async Task PredictBatch_OneFileBroken_NamesItAndAnswersTheOthersInOrder()
    {
        using HttpClient client = _server.CreateClient();
        JsonObject answer = await Server.JsonAsync(await client.PostAsync("/predict/batch?top=2", Server.Form(
            ("a.png", ColorPictures.Draw("blue")), ("broken.png", "no picture"u8.ToArray()), ("b.png", ColorPictures.Draw("red")))));

        JsonArray items = answer["items"]!.AsArray();
        Assert.Equal(["a.png", "broken.png", "b.png"], items.Select(item => (string?)item!["file"]));
        Assert.Equal(["blue", null, "red"], items.Select(item => (string?)item!["label"]));
        Assert.Equal(2, items[0]!["top"]!.AsArray().Count);
        Assert.Equal(415, (int)items[1]!["error"]!["status"]!);
        Assert.Contains("'broken.png' is not a picture", (string?)items[1]!["error"]!["detail"], StringComparison.Ordinal);
    }
}
