namespace Microsoft.ML.PcDarts;

/// <summary>A genotype breaks a rule, or its text cannot be read. The message names the part, its value and what is allowed.</summary>
public sealed class GenotypeFormatException : FormatException
{
    /// <summary>Creates the exception without a particular message.</summary>
    public GenotypeFormatException()
        : base("The genotype is not valid.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong and what is allowed.</param>
    public GenotypeFormatException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What is wrong and what is allowed.</param>
    /// <param name="innerException">The cause.</param>
    public GenotypeFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
