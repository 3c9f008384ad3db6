using System.Globalization;
using Microsoft.ML.PcDarts.Images;

namespace Microsoft.ML.PcDarts;

/// <summary>The picture files below a folder that has no classes, such as pictures to predict, and what was left out.</summary>
/// <remarks>
/// It lists what <see cref="PcDartsDataCatalog.LoadImageFolder"/> lists: regular files, and links to such, whose names end in one of
/// <see cref="Extensions"/>, in any case. Hidden files and folders (a name that
/// begins with a dot, or the hidden attribute) and folders that systems make for themselves, such as <c>@eaDir</c>,
/// <c>$RECYCLE.BIN</c>, <c>lost+found</c> and <c>__MACOSX</c>, are left out. Each folder is
/// entered once, whatever links lead to it.
/// </remarks>
/// <example>
/// <code>
/// PcDartsPictureFiles pictures = PcDartsPictureFiles.Find("photos/new");
/// using var predictor = PcDartsPredictor.Load("model.zip");
/// foreach (var (file, prediction) in pictures.Paths.Zip(predictor.Predict(pictures.Paths)))
///     Console.WriteLine($"{file}: {prediction.Label} {prediction.Probability:P0}");
/// </code>
/// </example>
public sealed class PcDartsPictureFiles
{
    private PcDartsPictureFiles(string folder)
    {
        SkippedFiles leftOut = new();
        Folder = ImageFolder.FullPath(folder, "pictures");
        Paths = new PictureWalk(leftOut).Collect(Folder, "");
        Warnings = [.. leftOut.Warnings(_ => Paths.Count)];
        Note = string.Create(
            CultureInfo.InvariantCulture,
            $"{Paths.Count} pictures in {Folder}. Left out: {leftOut.Hidden} hidden files or folders, {leftOut.Others} files that are no "
                + $"pictures, {leftOut.RepeatedLinks} links to what is listed already.");
    }

    /// <summary>Endings of the names of pictures, in lower case with the dot: <c>.bmp .gif .jfif .jpe .jpeg .jpg .png .webp</c>.</summary>
    public static IReadOnlyList<string> Extensions => PictureFile.Extensions;

    /// <summary>Full path of the folder.</summary>
    public string Folder { get; }

    /// <summary>Full paths of the pictures, in ordinal order; none when there is no picture.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>Warnings for the user, as sentences: files of other formats by extension, entries that are no regular files,
    /// links that lead nowhere, names that are not UTF-8.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>The numbers of found and skipped files, as a sentence.</summary>
    public string Note { get; }

    /// <summary>Lists the pictures of a folder and of all folders below it. No picture is opened.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The pictures.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder may not be read.</exception>
    public static PcDartsPictureFiles Find(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return new PcDartsPictureFiles(folder);
    }

    /// <summary>Why a file cannot be used as a picture, told by decoding it as the trainer and <see cref="PcDartsPredictor"/> do.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maximumPixels">Most pixels that it may have: 1 or more; see <see
    /// cref="PcDartsPredictor.Options.MaximumPixels"/>.</param>
    /// <param name="cancellation">Stops the waiting for memory that other pictures hold.</param>
    /// <returns>A sentence that names the file, the reason and where possible what to do; null for a picture that can be used.</returns>
    /// <exception cref="InsufficientMemoryException">The picture does not fit the memory that is free.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static string? ProblemOf(string path, int maximumPixels = PictureHeader.DefaultMaximumPixels,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumPixels, 1);
        try
        {
            PictureFile.Decode(path, maximumPixels, cancellation).Dispose();
            return null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return problem.Message;
        }
    }
}
