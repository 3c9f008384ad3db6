namespace Microsoft.ML.PcDarts;

/// <summary>The workspace holds a run of other options or data, so <c>Fit</c> cannot go on with it. The message lists what differs.</summary>
public sealed class DifferentRunException : InvalidOperationException
{
    /// <summary>Creates the exception without a particular message.</summary>
    public DifferentRunException()
        : base("The workspace holds a run that differs from this one.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What differs and what to do.</param>
    public DifferentRunException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What differs and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public DifferentRunException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
