namespace PcDarts.Web;

/// <summary>The section "Serving" of the configuration.</summary>
internal sealed class ServingOptions
{
    public const string Section = "Serving";

    /// <summary>The model.zip; relative to the current folder.</summary>
    public string Model { get; set; } = "";

    /// <summary>Largest body of a request, in bytes, at least 1. Default: 20 MiB.</summary>
    public long MaxRequestBytes { get; set; } = 20 << 20;

    /// <summary>Most pixels of a picture, 1 to 500 million; decoding takes 8 bytes each. Default: 50 million.</summary>
    public long MaxPixels { get; set; } = 50_000_000;

    /// <summary>Predicting requests whose bodies are in memory at the same time, at least 1. Default: 64.</summary>
    public int MaxConcurrentRequests { get; set; } = 64;

    /// <summary>Predicting requests that wait for one of those to end; more are refused. At least 0. Default: 256.</summary>
    public int MaxQueuedRequests { get; set; } = 256;

    /// <summary>Most pictures in one batch, at least 1. Default: 64.</summary>
    public int MaxBatch { get; set; } = 64;

    /// <summary>Seconds that a predicting request may take, waiting and sending included; at least 1. Default: 30.</summary>
    public int RequestTimeoutSeconds { get; set; } = 30;

    /// <summary>Seconds between looks at the model file, for file systems that do not report changes; at least 1. Default: 2.</summary>
    public int ReloadSeconds { get; set; } = 2;

    /// <summary>Checks every rule.</summary>
    /// <exception cref="StartException">A value is out of range.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Model))
            throw new StartException("No model is given; name one: --model MODEL.zip.");
        Check(nameof(MaxRequestBytes), MaxRequestBytes, 1, int.MaxValue);
        Check(nameof(MaxPixels), MaxPixels, 1, 500_000_000);
        Check(nameof(MaxConcurrentRequests), MaxConcurrentRequests, 1, int.MaxValue);
        Check(nameof(MaxQueuedRequests), MaxQueuedRequests, 0, int.MaxValue);
        Check(nameof(MaxBatch), MaxBatch, 1, int.MaxValue);
        Check(nameof(RequestTimeoutSeconds), RequestTimeoutSeconds, 1, 86_400);
        Check(nameof(ReloadSeconds), ReloadSeconds, 1, 86_400);
    }

    private static void Check(string name, long value, long least, long most)
    {
        if (value < least || value > most)
            throw new StartException($"{Section}:{name} is {value}; allowed are {least} to {most}. Set it in appsettings.json or as --{Section}:{name}=N.");
    }
}
