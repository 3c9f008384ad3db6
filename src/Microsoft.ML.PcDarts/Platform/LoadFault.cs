namespace Microsoft.ML.PcDarts.Platform;

/// <summary>Tells faults of the machine from damage of a model: ML.NET unpacks what it loads into a folder for temporary files.</summary>
/// <remarks>The file uses nothing but .NET, so that programs without this library can compile it in.</remarks>
internal static class LoadFault
{
    /// <summary>The remedy where the folder is that of the system.</summary>
    public const string SystemFolder = "set the environment variable TMPDIR (TMP on Windows)";

    /// <summary>The remedy where the folder is that of the caller's context.</summary>
    public const string ContextFolder = "set MLContext.TempFilePath, or the environment variable TMPDIR (TMP on Windows) "
        + "that it comes from";

    /// <summary>The error to throw for a fault of the machine, of the type of its cause; null if the model is at fault.</summary>
    /// <param name="what">What failed, such as "'model.zip' cannot be loaded".</param>
    /// <param name="thrown">What ML.NET threw, perhaps around its cause.</param>
    /// <param name="folder">The folder for temporary files.</param>
    /// <param name="remedy"><see cref="SystemFolder"/> or <see cref="ContextFolder"/>.</param>
    public static Exception? Of(string what, Exception thrown, string folder, string remedy)
    {
        Exception cause = thrown.GetBaseException();
        string message = $"{what}: ML.NET needs the folder for temporary files, '{folder}', "
            + $"and there it failed: {cause.Message.TrimEnd('.')}. To use another folder {remedy}.";
        if (cause is UnauthorizedAccessException)
            return new UnauthorizedAccessException(message, thrown);
        // What is read lies in memory, so other kinds of IOException are about its content: where it ends, or which assembly it names.
        return cause is DirectoryNotFoundException || cause.GetType() == typeof(IOException) ? new IOException(message, thrown) : null;
    }
}
