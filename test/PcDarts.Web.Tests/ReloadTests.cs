using System.Text.Json.Nodes;

namespace PcDarts.Web.Tests;

[Collection(ModelCollection.Name)]
public sealed class ReloadTests(ModelFixture models)
{
    [Fact]
    public async Task Model_ReplacedUnderLoad_EveryAnswerIsOneModelsAndNoneIsLost()
    {
        string path = models.Copy(models.First);
        byte[] picture = ColorPictures.Draw("red", width: 40);
        string file = models.NewPath(".png");
        await File.WriteAllBytesAsync(file, picture);
        float[] expected = [.. new[] { models.First, models.Second }.Select(model => ModelFixture.MlNet(model, file)[0]["red"])];
        Assert.True(Math.Abs(expected[0] - expected[1]) > 1e-4, "the models do not differ on this picture");
        using var server = new Server(path);
        using HttpClient client = server.CreateClient();
        string[] ids = [models.First, models.Second];
        ids = [.. ids.Select(model => Convert.ToHexStringLower(
            System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(model)))[..12])];
        using var end = new CancellationTokenSource();
        Task<int>[] clients = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(AskUntilTheEndAsync))];

        for (int replacement = 1; replacement <= 4; replacement++)
        {
            string next = replacement % 2 == 1 ? models.Second : models.First;
            if (replacement <= 2)
            {
                // As a careful program writes: beside it, then renamed.
                File.Copy(next, path + ".new", overwrite: true);
                File.Move(path + ".new", path, overwrite: true);
            }
            else
            {
                File.Copy(next, path, overwrite: true);
            }
            await Server.UntilAsync(async () => (string?)(await AskAsync())["model"] == ids[replacement % 2], $"Replacement {replacement}");
        }

        await end.CancelAsync();
        int[] answers = await Task.WhenAll(clients);
        Assert.All(answers, count => Assert.True(count > 0));

        async Task<JsonObject> AskAsync() => await Server.JsonAsync(await client.PostAsync("/predict", Server.Body(picture)));

        async Task<int> AskUntilTheEndAsync()
        {
            int count = 0;
            for (; !end.IsCancellationRequested; count++)
            {
                JsonObject answer = await AskAsync();
                int model = Array.IndexOf(ids, (string?)answer["model"]);
                float red = (float)answer["top"]!.AsArray().Single(pair => (string?)pair!["label"] == "red")!["probability"]!;
                Assert.Equal(expected[model], red, 1e-5f);
            }
            return count;
        }
    }

    [Fact]
    public async Task Model_ReplacedByABrokenFileThenMissingThenGood_TheOldOneAnswersAndHealthSaysWhy()
    {
        string path = models.Copy(models.First);
        using var server = new Server(path, ("ReloadSeconds", "1"));
        using HttpClient client = server.CreateClient();
        string? first = (string?)(await HealthAsync())["model"];
        byte[] whole = await File.ReadAllBytesAsync(models.Second);

        await File.WriteAllBytesAsync(path, whole[..(whole.Length / 2)]);
        await Server.UntilAsync(async () => ((string?)(await HealthAsync())["problem"])?.Contains("is not a complete PC-DARTS model",
            StringComparison.Ordinal) == true, "The report of the broken file");
        JsonObject health = await HealthAsync();
        Assert.Equal("old model", (string?)health["status"]);
        Assert.Equal(first, (string?)health["model"]);
        Assert.Equal("blue",
            (string?)(await Server.JsonAsync(await client.PostAsync("/predict", Server.Body(ColorPictures.Draw("blue")))))["label"]);

        File.Delete(path);
        await Server.UntilAsync(async () => ((string?)(await HealthAsync())["problem"])?.Contains("The file is missing",
            StringComparison.Ordinal) == true, "The report of the missing file");
        Assert.Equal(first, (string?)(await HealthAsync())["model"]);

        await File.WriteAllBytesAsync(path, whole);
        await Server.UntilAsync(async () => (string?)(await HealthAsync())["status"] == "healthy", "Taking over the good file");
        Assert.NotEqual(first, (string?)(await HealthAsync())["model"]);

        async Task<JsonObject> HealthAsync() => await Server.JsonAsync(await client.GetAsync("/healthz"));
    }
}
