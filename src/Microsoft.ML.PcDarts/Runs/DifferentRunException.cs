namespace Microsoft.ML.PcDarts;

/// <summary>
/// The workspace holds a run of other options or data, so <c>Fit</c> cannot resume it. The message lists what differs.
/// </summary>
public sealed class DifferentRunException : InvalidOperationException
{
    /// <summary>Creates the exception without a particular message.</summary>
    public DifferentRunException()
        : base("The workspace holds a run that differs from this one.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">The differences and the remedy.</param>
    public DifferentRunException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">The differences and the remedy.</param>
    /// <param name="innerException">The cause.</param>
    public DifferentRunException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
