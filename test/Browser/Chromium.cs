using Microsoft.Playwright;

namespace PcDarts.Browser;

/// <summary>The system's Chromium with a new profile, driven by Playwright. Compiled into each test project that opens pages.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Flags =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    /// <summary>Starts it; skips the test where none is installed.</summary>
    public static async Task<Chromium> LaunchAsync()
    {
        string? program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => Names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        Skip.If(program is null, "chromium is not installed.");
        // Other test projects train networks at the same time: a page may take longer than Playwright's 5 seconds.
        Assertions.SetDefaultExpectTimeout(60_000);
        IPlaywright playwright = await Playwright.CreateAsync();
        return new Chromium(playwright,
            await playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = Flags, Timeout = 120_000 }));
    }

    public Task<IPage> NewPageAsync(int width = 1280, ColorScheme scheme = ColorScheme.Light)
        => _browser.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = scheme });

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
