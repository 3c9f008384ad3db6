using System.CommandLine;

namespace PcDarts.Web;

/// <summary>The command line: options of the server under short names, and settings of ASP.NET as <c>--Name:Key=value</c>.</summary>
internal static class CommandLine
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int UsageError = 2;

    private static readonly Option<string> Model = new("--model", "-m")
    {
        Description = "The model.zip to serve; a new file under this name is taken over while running.",
        HelpName = "MODEL.zip",
    };
    private static readonly Option<string> Urls = new("--urls")
    {
        Description = "Addresses to listen on, separated by semicolons. Default: http://localhost:5000.",
        HelpName = "URL",
    };
    private static readonly Option<long> MaxRequestBytes = Limit<long>("--max-request-bytes", "Largest body of a request in bytes.");
    private static readonly Option<long> MaxPixels = Limit<long>("--max-pixels",
        "Most pixels of a picture; read from its header, before it is decoded.");
    private static readonly Option<long> MaxReceivingBytes = Limit<long>("--max-receiving-bytes",
        "Bytes of all bodies in memory at the same time; others wait.");
    private static readonly Option<int> MinBytesPerSecond = Limit<int>("--min-bytes-per-second",
        "Rate below which a body is not waited for.");
    private static readonly Option<long> MaxDecodingPixels = Limit<long>("--max-decoding-pixels",
        "Pixels of all large pictures decoded at the same time; others wait.");
    private static readonly Option<int> MaxConcurrent = Limit<int>("--max-concurrent",
        "Pictures that are decoded and scored at the same time. Default: one a core.");
    private static readonly Option<int> MaxQueued = Limit<int>("--max-queued",
        "Requests that are received and not yet answered; more get 429.");
    private static readonly Option<int> MaxConnections = Limit<int>("--max-connections",
        "Connections at the same time; further ones are closed.");
    private static readonly Option<int> MaxConnectionsPerClient = Limit<int>("--max-connections-per-client",
        "The same for one client address.");
    private static readonly Option<int> MaxBatch = Limit<int>("--max-batch", "Most pictures in one batch.");

    // The names by which appsettings.json and the environment know the same options.
    private static readonly Dictionary<Option, string> Settings = new()
    {
        [Model] = $"{ServingOptions.Section}:{nameof(ServingOptions.Model)}",
        [Urls] = "urls",
        [MaxRequestBytes] = $"{ServingOptions.Section}:{nameof(ServingOptions.MaxRequestBytes)}",
        [MaxPixels] = $"{ServingOptions.Section}:{nameof(ServingOptions.MaxPixels)}",
        [MaxReceivingBytes] = $"{ServingOptions.Section}:{nameof(ServingOptions.MaxReceivingBytes)}",
        [MinBytesPerSecond] = $"{ServingOptions.Section}:{nameof(ServingOptions.MinBytesPerSecond)}",
        [MaxDecodingPixels] = $"{ServingOptions.Section}:{nameof(ServingOptions.MaxDecodingPixels)}",
        [MaxConcurrent] = $"{ServingOptions.Section}:{nameof(ServingOptions.MaxConcurrentPictures)}",
        [MaxQueued] = $"{ServingOptions.Section}:{nameof(ServingOptions.MaxQueuedRequests)}",
        [MaxConnections] = $"{ServingOptions.Section}:{nameof(ServingOptions.MaxConnections)}",
        [MaxConnectionsPerClient] = $"{ServingOptions.Section}:{nameof(ServingOptions.MaxConnectionsPerClient)}",
        [MaxBatch] = $"{ServingOptions.Section}:{nameof(ServingOptions.MaxBatch)}",
    };

    /// <summary>Serves until the process is told to stop.</summary>
    /// <returns>0 after a normal end, 1 when the server cannot start or fails, 2 when the command line is wrong.</returns>
    public static int Run(string[] args)
    {
        RootCommand root = new("Serves a model.zip over HTTP: POST /predict, a page at /, GET /model, /healthz, /metrics, "
            + "/openapi/v1.json.")
        { TreatUnmatchedTokensAsErrors = false };
        foreach (Option option in Settings.Keys)
            root.Options.Add(option);
        root.SetAction(parsed => Serve([.. parsed.UnmatchedTokens.Where(IsSetting), .. Given(parsed)]));
        ParseResult parsed = root.Parse(args);
        if (parsed.UnmatchedTokens.FirstOrDefault(token => !IsSetting(token)) is { } unknown)
        {
            Console.Error.WriteLine($"error: '{unknown}' is not an option of this server; see --help. "
                + "Settings of ASP.NET are given as --Name:Key=value.");
            return UsageError;
        }

        int code = parsed.Invoke(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        return parsed.Errors.Count > 0 ? UsageError : code;
    }

    private static int Serve(string[] settings)
    {
        try
        {
            WebServer.Run(settings);
            return Success;
        }
        catch (StartException exception)
        {
            Console.Error.WriteLine($"error: {exception.Message}");
            return Failure;
        }
    }

    private static IEnumerable<string> Given(ParseResult parsed) =>
        from setting in Settings
        let result = parsed.GetResult(setting.Key)
        where result is { Implicit: false, Tokens.Count: > 0 }
        select $"--{setting.Value}={result.Tokens[0].Value}";

    private static bool IsSetting(string token) => token.StartsWith("--", StringComparison.Ordinal) && token.Contains('=');

    private static Option<T> Limit<T>(string name, string description) => new(name) { Description = description, HelpName = "N" };
}
