namespace Microsoft.ML.PcDarts;

/// <summary>What the trainer does with a picture that cannot be read: missing, empty, corrupt, cut short or null.</summary>
public enum BadImageHandling
{
    /// <summary>Stop before training with an error that names the file and its row. The default.</summary>
    Error,

    /// <summary>Leave the row out, count it, and log a warning with the first such files.</summary>
    Skip,
}
