using System.Net;
using Microsoft.Playwright;
using PcDarts.Browser;

namespace PcDarts.Web.Tests;

/// <summary>
/// The page in Chromium; skipped where none is installed. Screenshots go to the folder PCDARTS_SCREENSHOTS, or beside the tests.
/// </summary>
[Collection(ModelCollection.Name)]
[Trait("Category", "Browser")]
public sealed class PageTests(ModelFixture models) : IDisposable
{
    private readonly Server _server = new(models.First);

    public void Dispose() => _server.Dispose();

    [SkippableTheory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(400, ColorScheme.Light)]
    [InlineData(400, ColorScheme.Dark)]
    public async Task Page_PictureThenBrokenFile_ShowsTheLabelThenTheMessage(int width, ColorScheme scheme)
    {
        await using Visit visit = await OpenAsync(width, scheme);
        IPage page = visit.Page;

        await page.SetInputFilesAsync("#file", new FilePayload
        {
            Name = "leaf.png",
            MimeType = "image/png",
            Buffer = ColorPictures.Draw("green"),
        });
        await Assertions.Expect(page.Locator("#result .best")).ToHaveTextAsync("green");
        Assert.Equal(3, await page.Locator("#result .bar").CountAsync());
        await Assertions.Expect(page.Locator("#preview")).ToBeVisibleAsync();
        foreach (string cell in (string[])["Normal cell", "Reduction cell"])
            await Assertions.Expect(page.Locator("#cells svg .title", new() { HasText = cell })).ToBeVisibleAsync();
        Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= width, "the page is wider than the window");
        Assert.Equal(width == 400, await page.Locator("#photograph").IsVisibleAsync());
        Assert.Equal("environment", await page.Locator("#camera").GetAttributeAsync("capture"));
        await ShotAsync(page, $"page-{width}-{scheme}");

        await page.SetInputFilesAsync("#file", new FilePayload
        {
            Name = "broken.png",
            MimeType = "image/png",
            Buffer = "no picture"u8.ToArray(),
        });
        await Assertions.Expect(page.Locator("#problem")).ToContainTextAsync("'broken.png' is not a picture that can be decoded");
        Assert.Equal(0, await page.Locator("#result .best").CountAsync());
        await ShotAsync(page, $"broken-{width}-{scheme}");

        await page.SetInputFilesAsync("#camera", new FilePayload
        {
            Name = "photo.jpg",
            MimeType = "image/jpeg",
            Buffer = ColorPictures.Draw("blue", format: SkiaSharp.SKEncodedImageFormat.Jpeg),
        });
        await Assertions.Expect(page.Locator("#result .best")).ToHaveTextAsync("blue");
        await Assertions.Expect(page.Locator("#problem")).ToBeEmptyAsync();
        // The browser itself logs the refused request.
        Assert.DoesNotContain(visit.Complaints, complaint => !complaint.Contains("415", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Page_ByKeyboard_ChoosesAPicture()
    {
        await using Visit visit = await OpenAsync(1280, ColorScheme.Light);
        // Listened for from the start: the browser is told to hand its dialogs over, and does so a moment later.
        TaskCompletionSource<IFileChooser> chooser = new();
        visit.Page.FileChooser += (_, opened) => chooser.TrySetResult(opened);
        await visit.Page.Keyboard.PressAsync("Tab");
        Assert.Equal("choose", await visit.Page.EvaluateAsync<string>("document.activeElement.id"));

        await visit.Page.Keyboard.PressAsync("Enter");
        await (await chooser.Task.WaitAsync(TimeSpan.FromSeconds(30))).SetFilesAsync(new FilePayload
        {
            Name = "rose.png",
            MimeType = "image/png",
            Buffer = ColorPictures.Draw("red"),
        });

        await Assertions.Expect(visit.Page.Locator("#result .best")).ToHaveTextAsync("red");
    }

    [SkippableFact]
    public async Task Page_PictureDropped_ShowsItsLabel()
    {
        await using Visit visit = await OpenAsync(1280, ColorScheme.Light);
        IJSHandle transfer = await visit.Page.EvaluateHandleAsync(
            """
            bytes => {
              const transfer = new DataTransfer();
              transfer.items.add(new File([new Uint8Array(bytes)], 'sky.png', { type: 'image/png' }));
              return transfer;
            }
            """,
            ColorPictures.Draw("blue").Select(value => (int)value).ToArray());

        await visit.Page.DispatchEventAsync("#drop", "drop", new { dataTransfer = transfer });

        await Assertions.Expect(visit.Page.Locator("#result .best")).ToHaveTextAsync("blue");
    }

    private async Task<Visit> OpenAsync(int width, ColorScheme scheme)
    {
        // Not UseKestrel(0): that sets the port while the program itself may have started the server already.
        _server.UseKestrel(options => options.Listen(IPAddress.Loopback, 0));
        _server.StartServer();
        string address = _server.ClientOptions.BaseAddress.ToString();
        Chromium browser = await Chromium.LaunchAsync();
        IPage page = await browser.NewPageAsync(width, scheme);
        var visit = new Visit(browser, page);
        page.Console += (_, message) => visit.Complaints.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => visit.Complaints.Add(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(address, StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal)
                && !request.Url.StartsWith("data:", StringComparison.Ordinal))
                visit.Complaints.Add($"request: {request.Url}");
        };
        await page.GotoAsync(address);
        await Assertions.Expect(page.Locator("#served")).ToHaveTextAsync("The model knows 3 classes: blue, green, red.");
        return visit;
    }

    private static async Task ShotAsync(IPage page, string name)
    {
        string folder = Environment.GetEnvironmentVariable("PCDARTS_SCREENSHOTS") ?? Path.Combine(AppContext.BaseDirectory, "screenshots");
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png"), FullPage = true });
    }

    private sealed class Visit(Chromium browser, IPage page) : IAsyncDisposable
    {
        public IPage Page => page;

        public List<string> Complaints { get; } = [];

        public ValueTask DisposeAsync() => browser.DisposeAsync();
    }
}
