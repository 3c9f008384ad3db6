namespace PcDarts.Web;

/// <summary>The section "Serving" of the configuration. The defaults fit a container with 1 GB.</summary>
internal sealed class ServingOptions
{
    public const string Section = "Serving";

    /// <summary>The model.zip; relative to the current folder.</summary>
    public string Model { get; set; } = "";

    /// <summary>
    /// Most bytes of the model.zip, and of what it unpacks to; at least 1, at most 1 GiB. Loading takes some three times as much. Default:
    /// 256 MiB.
    /// </summary>
    public long MaxModelBytes { get; set; } = 256 << 20;

    /// <summary>Largest body of a request, in bytes, at least 1. Default: 20 MiB.</summary>
    public long MaxRequestBytes { get; set; } = 20 << 20;

    /// <summary>
    /// Bytes of all bodies in memory at the same time, at least 1; bodies of more than 64 KiB wait for their part, and one that is larger
    /// than all is received alone. Default: 96 MiB.
    /// </summary>
    public long MaxReceivingBytes { get; set; } = 96 << 20;

    /// <summary>Bytes a second below which a body is not waited for, 0 (any rate) or more. Default: 1024.</summary>
    public int MinBytesPerSecond { get; set; } = 1024;

    /// <summary>Most pixels of a picture, 1 to 500 million; decoding takes 4 to 10 bytes each. Default: 50 million.</summary>
    public long MaxPixels { get; set; } = 50_000_000;

    /// <summary>
    /// Pixels of all large pictures that are decoded at the same time, at least 1; others wait, and one that is larger than all is decoded
    /// alone. Default: 50 million.
    /// </summary>
    public long MaxDecodingPixels { get; set; } = 50_000_000;

    /// <summary>
    /// Small pictures that are decoded and scored at the same time, 0 for as many as there are cores; of large ones one less. Default: 0.
    /// </summary>
    public int MaxConcurrentPictures { get; set; }

    /// <summary>Predicting requests that are received and not yet answered, at least 1; more are refused. Default: 256.</summary>
    public int MaxQueuedRequests { get; set; } = 256;

    /// <summary>
    /// Pixels of the pictures that are received and not yet answered, at least 1; requests beyond that are refused. Default: 1,000 million,
    /// which a core decodes in some 20 seconds.
    /// </summary>
    public long MaxQueuedPixels { get; set; } = 1_000_000_000;

    /// <summary>Most pictures in one batch, at least 1. Default: 64.</summary>
    public int MaxBatch { get; set; } = 64;

    /// <summary>Connections at the same time, at least 1; further ones are closed. Default: 512.</summary>
    public int MaxConnections { get; set; } = 512;

    /// <summary>Connections of one client address at the same time, at least 1; further ones are closed. Default: 400.</summary>
    public int MaxConnectionsPerClient { get; set; } = 400;

    /// <summary>Seconds that a predicting request may take, waiting and sending included; at least 1. Default: 30.</summary>
    public int RequestTimeoutSeconds { get; set; } = 30;

    /// <summary>Seconds that requests under way have when the server is told to stop; at least 1. Default: 5.</summary>
    public int ShutdownSeconds { get; set; } = 5;

    /// <summary>Seconds between looks at the model file, for file systems that do not report changes; at least 1. Default: 2.</summary>
    public int ReloadSeconds { get; set; } = 2;

    /// <summary>The effective value of <see cref="MaxConcurrentPictures"/>.</summary>
    public int Cores => MaxConcurrentPictures > 0 ? MaxConcurrentPictures : Environment.ProcessorCount;

    /// <summary>Checks every rule.</summary>
    /// <exception cref="StartException">A value is out of range.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Model))
            throw new StartException("No model is given; name one: --model MODEL.zip.");
        Check(nameof(MaxModelBytes), MaxModelBytes, 1, 1 << 30);
        Check(nameof(MaxRequestBytes), MaxRequestBytes, 1, int.MaxValue);
        Check(nameof(MaxReceivingBytes), MaxReceivingBytes, 1, long.MaxValue);
        Check(nameof(MinBytesPerSecond), MinBytesPerSecond, 0, int.MaxValue);
        Check(nameof(MaxPixels), MaxPixels, 1, 500_000_000);
        Check(nameof(MaxDecodingPixels), MaxDecodingPixels, 1, long.MaxValue);
        Check(nameof(MaxConcurrentPictures), MaxConcurrentPictures, 0, 1024);
        Check(nameof(MaxQueuedRequests), MaxQueuedRequests, 1, int.MaxValue);
        Check(nameof(MaxQueuedPixels), MaxQueuedPixels, 1, long.MaxValue);
        Check(nameof(MaxBatch), MaxBatch, 1, int.MaxValue);
        Check(nameof(MaxConnections), MaxConnections, 1, int.MaxValue);
        Check(nameof(MaxConnectionsPerClient), MaxConnectionsPerClient, 1, int.MaxValue);
        Check(nameof(RequestTimeoutSeconds), RequestTimeoutSeconds, 1, 86_400);
        Check(nameof(ShutdownSeconds), ShutdownSeconds, 1, 86_400);
        Check(nameof(ReloadSeconds), ReloadSeconds, 1, 86_400);
    }

    private static void Check(string name, long value, long least, long most)
    {
        if (value < least || value > most)
            throw new StartException($"{Section}:{name} is {value}; allowed are {least} to {most}. "
                + $"Set it in appsettings.json or as --{Section}:{name}=N.");
    }
}
