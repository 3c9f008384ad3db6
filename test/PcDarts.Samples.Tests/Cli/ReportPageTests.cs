using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PcDarts.Browser;
using SkiaSharp;

namespace PcDarts.Samples.Tests.Cli;

/// <summary>Opens the report of a tiny run in Chromium; skipped where none is installed.</summary>
[Trait("Category", "Browser")]
public sealed class ReportPageTests(FitFixture fixture) : IClassFixture<FitFixture>
{
    [SkippableTheory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(400, ColorScheme.Light)]
    [InlineData(400, ColorScheme.Dark)]
    public async Task Report_InABrowser_IsWholeAndNeedsNoNetwork(int width, ColorScheme scheme)
    {
        Assert.True(fixture.Fit.ExitCode == 0, fixture.Fit.Errors);
        await using Chromium browser = await Chromium.LaunchAsync();
        IPage page = await browser.NewPageAsync(width, scheme);
        List<string> complaints = [];
        page.Console += (_, message) => complaints.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => complaints.Add(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("file:", StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
                complaints.Add($"request: {request.Url}");
        };

        await page.GotoAsync(new Uri(Path.Combine(fixture.Out, "report.html")).AbsoluteUri);

        Assert.Equal(["finished"], await page.Locator(".badge").AllTextContentsAsync());
        string[] axes = ["cross-entropy (nats", "accuracy (%)", "epoch"];
        foreach (string axis in axes)
            Assert.True(await page.Locator("#curves svg text", new() { HasText = axis }).CountAsync() >= 2, axis);
        Assert.True(await page.Locator("#curves svg text", new() { HasText = "share of the largest (%)" }).IsVisibleAsync(), "entropy");
        foreach (string cell in (string[])["Normal cell", "Reduction cell"])
            Assert.True(await page.Locator("#cells svg .title", new() { HasText = cell }).IsVisibleAsync(), cell);
        Assert.True(await page.Locator("#confusion td.hit").CountAsync() > 1);
        Assert.True(await page.EvaluateAsync<bool>("[...document.images].length > 0 && [...document.images].every(image => image.complete "
            + "&& image.naturalWidth > 0)"), "a picture is broken");
        Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= width, "the page is wider than the window");
        byte[] screenshot = await page.ScreenshotAsync(new()
        {
            FullPage = true,
            Path = Path.Combine(AppContext.BaseDirectory, $"report-{width}-{scheme}.png"),
        });
        using SKBitmap picture = SKBitmap.Decode(screenshot);
        Assert.True(picture.Pixels.Distinct().Count() > 100, "the page is empty");
        Assert.Empty(complaints);
    }

    [SkippableFact]
    public async Task Slider_KeyPressed_ShowsTheEpochBeforeAndKeepsItOverAReload()
    {
        Assert.True(fixture.Fit.ExitCode == 0, fixture.Fit.Errors);
        await using Chromium browser = await Chromium.LaunchAsync();
        IPage page = await browser.NewPageAsync();
        await page.GotoAsync(new Uri(Path.Combine(fixture.Out, "report.html")).AbsoluteUri);
        ILocator slider = page.GetByLabel("Epoch of the search");
        Assert.True(await slider.IsVisibleAsync());
        string[] last = await Values(page);

        await slider.PressAsync("ArrowLeft");

        Assert.Equal("1 of 2", await page.Locator("#epoch-name").TextContentAsync());
        string[] first = await Values(page);
        Assert.Equal(last.Length, first.Length);
        Assert.NotEqual(last, first);

        await page.EvaluateAsync("scrollTo(0, 500)");
        await page.ReloadAsync();
        Assert.Equal(first, await Values(page));
        Assert.Equal(500, await page.EvaluateAsync<int>("Math.round(scrollY)"));
    }

    [SkippableFact]
    public async Task Page_NotWrittenForLong_NoLongerSaysThatTheRunGoesOn()
    {
        string html = await File.ReadAllTextAsync(Path.Combine(fixture.Out, "report.html"));
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder["report.html"],
            html.Replace("badge finished\">finished", "badge running\">running", StringComparison.Ordinal));
        await File.WriteAllTextAsync(folder["old.html"],
            Regex.Replace(html.Replace("badge finished\">finished", "badge running\">running", StringComparison.Ordinal),
                "<time datetime=\"[^\"]*\"", "<time datetime=\"2026-01-01T00:00:00Z\""));
        await using Chromium browser = await Chromium.LaunchAsync();
        IPage page = await browser.NewPageAsync();

        await page.GotoAsync(new Uri(folder["report.html"]).AbsoluteUri);
        Assert.Equal(["running"], await page.Locator(".badge").AllTextContentsAsync());
        await page.GotoAsync(new Uri(folder["old.html"]).AbsoluteUri);
        Assert.Equal(["no news"], await page.Locator(".badge").AllTextContentsAsync());
        Assert.True(await page.GetByText("'resume' continues it").IsVisibleAsync());
    }

    private static Task<string[]> Values(IPage page)
        => page.Locator("#normal tbody td, #reduce tbody td")
            .EvaluateAllAsync<string[]>("cells => cells.map(cell => cell.textContent + cell.style.cssText)");
}
