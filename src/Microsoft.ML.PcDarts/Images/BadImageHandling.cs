namespace Microsoft.ML.PcDarts;

/// <summary>
/// The trainer's handling of a picture that cannot be read: missing, empty, of another format, corrupt, cut short, too large or null.
/// </summary>
public enum BadImageHandling
{
    /// <summary>
    /// Stop before training with an error that names the first such files with their rows and reasons, and tells how many there are. The
    /// default.
    /// </summary>
    Error,

    /// <summary>Leave the rows out, count them, and log a warning with the first such files.</summary>
    Skip,
}
