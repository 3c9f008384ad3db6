using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Spectre.Console;

namespace PcDarts.Cli.Rendering;

/// <summary>The two channels of a command: text for people, and with --json one line for programs.</summary>
internal sealed class Terminal
{
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public Terminal(bool json, bool verbose)
    {
        Json = json;
        Verbose = verbose;
        Errors = Open(Console.Error);
        Human = json ? Errors : Open(Console.Out);
    }

    public bool Json { get; }

    public bool Verbose { get; }

    /// <summary>Where text for people goes: standard output, or standard error with --json.</summary>
    public IAnsiConsole Human { get; }

    private IAnsiConsole Errors { get; }

    /// <summary>Whether progress may redraw lines.</summary>
    public bool IsLive => Human.Profile.Out.IsTerminal && Human.Profile.Capabilities.Interactive;

    public void Say(string text) => Human.WriteLine(text);

    public void Heading(string text) => Human.Write(new Text(text + Environment.NewLine, new Style(decoration: Decoration.Bold)));

    public void Warn(string text) => Errors.Write(new Text($"warning: {text}{Environment.NewLine}", new Style(Color.Yellow)));

    public void Error(Exception exception, bool showTrace)
    {
        // An ArgumentException adds the name of its parameter, which means nothing to the user of a command.
        string message = exception is ArgumentException { ParamName: { } parameter }
            ? exception.Message.Replace($" (Parameter '{parameter}')", "", StringComparison.Ordinal)
            : exception.Message;
        Error(message.ReplaceLineEndings(" "));
        if (showTrace)
            Errors.WriteLine(exception.ToString());
    }

    public void Error(string text) => Errors.Write(new Text($"error: {text}{Environment.NewLine}", new Style(Color.Red)));

    /// <summary>Prints the result for programs; does nothing without --json.</summary>
    public void Result(JsonObject result)
    {
        if (Json)
            Console.Out.WriteLine(result.ToJsonString(OneLine));
    }

    /// <summary>Shows ML.NET's warnings and errors, with --verbose its information as well.</summary>
    public void Follow(MLContext context) => context.Log += (_, message) =>
    {
        if (message.Kind is ChannelMessageKind.Warning or ChannelMessageKind.Error)
            Warn(message.RawMessage);
        else if (Verbose && message.Kind == ChannelMessageKind.Info)
            Human.WriteLine(message.Message);
    };

    private static IAnsiConsole Open(TextWriter writer)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (!console.Profile.Out.IsTerminal)
            console.Profile.Width = int.MaxValue; // nothing is cut or wrapped in a file
        return console;
    }
}
