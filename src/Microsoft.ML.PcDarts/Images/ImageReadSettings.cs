namespace Microsoft.ML.PcDarts.Images;

/// <summary>How <see cref="ImageTensorReader"/> turns a data view into an <see cref="ImageDataset"/>.</summary>
internal sealed record ImageReadSettings
{
    /// <summary>Column of <see cref="Microsoft.ML.Data.MLImage"/>, any size and pixel format.</summary>
    public required string ImageColumn { get; init; }

    /// <summary>Key column of any cardinality; key value k (1-based) becomes label k−1.</summary>
    public required string LabelColumn { get; init; }

    /// <summary>Width that every picture is resized to, in pixels, at least <see cref="ImageDatasetChecks.MinimumSide"/>.</summary>
    public required int Width { get; init; }

    /// <summary>Height that every picture is resized to, in pixels, at least <see cref="ImageDatasetChecks.MinimumSide"/>.</summary>
    public required int Height { get; init; }

    /// <summary>The handling of unreadable pictures.</summary>
    public BadImageHandling BadImages { get; init; } = BadImageHandling.Error;

    /// <summary>Most pixels of a picture's file; above it the picture counts as unreadable.</summary>
    public int MaximumPixels { get; init; } = PictureHeader.DefaultMaximumPixels;

    /// <summary>
    /// True for the data that is searched and trained on: at least two classes, and at least two pictures in every class that has any.
    /// False for a validation set, which only may not be empty.
    /// </summary>
    public bool ForTraining { get; init; } = true;

    /// <summary>Whether rare classes will weigh more in the loss, for what is said of them.</summary>
    public bool Balanced { get; init; }

    /// <summary>Most bytes of pixels held in memory; above it they go to a mapped file. Null: half of the memory now free.</summary>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>Folder of the mapped file; created when missing. Null: the system's temporary folder.</summary>
    public string? Workspace { get; init; }

    /// <summary>Decoding threads. 0: one per core.</summary>
    public int Threads { get; init; }

    /// <summary>Stops the reading with <see cref="OperationCanceledException"/>, leaving nothing behind.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Is told what the user should know of, as sentences. Null: it goes to the environment's log.</summary>
    public Action<string>? Warning { get; init; }

    /// <summary>Called from time to time, from any thread, with the rows done and the rows in all.</summary>
    public Action<int, int>? Progress { get; init; }
}
