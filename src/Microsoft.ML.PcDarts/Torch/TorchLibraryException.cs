namespace Microsoft.ML.PcDarts;

/// <summary>
/// Thrown before training starts when the native libraries of TorchSharp or libtorch cannot be loaded.
/// The message names the file, what it lacks and how to provide it.
/// </summary>
public sealed class TorchLibraryException : Exception
{
    /// <summary>Creates the exception with a default message.</summary>
    public TorchLibraryException()
        : base("The native libraries of TorchSharp cannot be loaded.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What failed and how to remedy it.</param>
    public TorchLibraryException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What failed and how to remedy it.</param>
    /// <param name="innerException">The loader's own exception.</param>
    public TorchLibraryException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
