using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace PcDarts.Cli.Rendering;

/// <summary>
/// The two channels of a command: text for people, and with --json one line for programs. All that a command prints passes through
/// <see cref="Printable"/> here.
/// </summary>
internal sealed class Terminal
{
    private static readonly JsonSerializerOptions OneLine = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private volatile bool _redrawing;

    public Terminal(bool json, bool verbose)
    {
        Json = json;
        Verbose = verbose;
        Errors = Open(Console.Error);
        Human = json ? Errors : Open(Console.Out);
    }

    public bool Json { get; }

    public bool Verbose { get; }

    /// <summary>Whether progress may redraw lines.</summary>
    public bool IsLive => Human.Profile.Out.IsTerminal && Human.Profile.Capabilities.Interactive;

    /// <summary>Where text for people goes: standard output, or standard error with --json.</summary>
    private IAnsiConsole Human { get; }

    private IAnsiConsole Errors { get; }

    // What is written past the console that redraws lines would be overwritten by it.
    private IAnsiConsole ErrorsNow => _redrawing && Errors.Profile.Out.IsTerminal ? Human : Errors;

    /// <summary>Runs what redraws lines; all else that is said meanwhile comes above them.</summary>
    /// <param name="show">Gets the console to draw on; what it draws must be safe to print.</param>
    public T Redraw<T>(Func<IAnsiConsole, T> show)
    {
        _redrawing = true;
        try
        {
            return show(Human);
        }
        finally
        {
            _redrawing = false;
        }
    }

    public void Print(string text) => Human.Write(new UnbrokenLine(text, Style.Plain));

    public void Heading(string text) => Human.Write(new UnbrokenLine(text, new Style(decoration: Decoration.Bold)));

    public void Show(TextTable table) => Human.Write(table.Content);

    public void Warn(string text) => ErrorsNow.Write(new UnbrokenLine($"warning: {text}", new Style(Color.Yellow)));

    public void Error(Exception exception, bool showTrace)
    {
        Error(Messages.Of(exception));
        if (!showTrace)
            return;
        foreach (string line in exception.ToString().ReplaceLineEndings("\n").Split('\n'))
            Errors.Write(new UnbrokenLine(line, Style.Plain));
    }

    public void Error(string text) => ErrorsNow.Write(new UnbrokenLine($"error: {text}", new Style(Color.Red)));

    /// <summary>Prints the result for programs; does nothing without --json.</summary>
    public void Result(JsonObject result)
    {
        if (Json)
            Console.Out.WriteLine(Printable.Json(result.ToJsonString(OneLine)));
    }

    /// <summary>Shows ML.NET's warnings and errors, with --verbose its information as well.</summary>
    public void Follow(MLContext context) => context.Log += (_, message) =>
    {
        if (message.Kind is ChannelMessageKind.Warning or ChannelMessageKind.Error)
            Warn(Messages.Of(message.RawMessage));
        else if (Verbose && message.Kind == ChannelMessageKind.Info)
            Print(message.Message);
    };

    private static IAnsiConsole Open(TextWriter writer)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (!console.Profile.Out.IsTerminal)
            console.Profile.Width = int.MaxValue; // nothing is cut or wrapped in a file
        return console;
    }

    /// <summary>One line that is not wrapped, so that what is copied from it is whole.</summary>
    private sealed class UnbrokenLine(string text, Style style) : Renderable
    {
        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
            => [new Segment(Printable.Line(text), style), Segment.LineBreak];
    }
}
