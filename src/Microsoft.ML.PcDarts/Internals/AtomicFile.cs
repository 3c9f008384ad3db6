namespace Microsoft.ML.PcDarts;

/// <summary>Writes files so that their names always hold either the old content or all of the new.</summary>
internal static class AtomicFile
{
    /// <summary>Writes to <c>path.tmp</c>, flushes that to the disk and renames it. If writing fails, the temporary file is deleted and the old file stays.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the content.</param>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary = path + ".tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            // What stopped the writing is the error to tell, not that its remains cannot be deleted.
            try
            {
                File.Delete(temporary);
            }
            catch (Exception leftover) when (leftover is IOException or UnauthorizedAccessException)
            {
            }

            throw;
        }
    }
}
