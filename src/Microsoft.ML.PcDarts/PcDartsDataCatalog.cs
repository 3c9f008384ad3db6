using Microsoft.ML.PcDarts;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Extends <c>mlContext.Data</c> with the loading of labelled picture folders.</summary>
public static class PcDartsDataCatalog
{
    /// <summary>
    /// Lists the pictures of a folder whose sub-folders are the classes. No picture is opened; append
    /// <see cref="ImageEstimatorsCatalog.LoadImages(TransformsCatalog, string, string, string)"/> to decode them.
    /// </summary>
    /// <param name="catalog">The data catalog, <c>mlContext.Data</c>.</param>
    /// <param name="path"> The folder. Each of its sub-folders is a class; pictures in folders nested below belong to the same class.
    /// Pictures lie in files that end, in any case, in .bmp, .gif, .jfif, .jpe, .jpeg, .jpg, .png or .webp
    /// (<see cref="PcDartsPictureFiles.Extensions"/>).
    /// </param>
    /// <returns> A data view, in an order that is the same on every machine (ordinal, by class and by path within it), of the columns
    /// <list type="table">
    /// <listheader><term>Column</term><description>Type and meaning</description></listheader>
    /// <item><term><c>ImagePath</c></term><description>Text: the full path of the file.</description></item>
    /// <item><term><c>Label</c></term><description>Text: the name of the class's sub-folder.</description></item>
    /// </list>
    /// </returns>
    /// <remarks>
    /// <para>Left out, with a warning in ML.NET's log: files of other formats, by class and extension; pipes, sockets and devices;
    /// names that are not UTF-8, which .NET cannot open; and pictures that lie in <paramref name="path"/> itself and so have no class. Left
    /// out and counted in the log: hidden files and folders (a name that begins with a dot, or the hidden attribute), folders that systems
    /// make for themselves, such as <c>@eaDir</c>, <c>$RECYCLE.BIN</c>, <c>lost+found</c> and <c>__MACOSX</c>, and documents, such as
    /// <c>.txt</c>, <c>.json</c> and <c>Thumbs.db</c>.</para>
    /// <para>Linked files and folders are followed; a folder that was seen already within the class, and a link to a folder around
    /// the link, are not listed again. A link of a picture that leads nowhere is listed, and is a picture that cannot be read.</para>
    /// </remarks>
    /// <exception cref="DirectoryNotFoundException">There is no folder <paramref name="path"/>.</exception>
    /// <exception cref="ArgumentException">The folder has no sub-folders or no pictures in them; the classes are plainly one level
    /// below, in folders named like the parts of a data set (<c>train</c> and <c>test</c>) or in the only sub-folder; or the name of a
    /// sub-folder is not UTF-8.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder may not be read.</exception>
    /// <example>
    /// <code> IDataView train = ml.Data.LoadImageFolder("photos/train"); var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
    /// .Append(ml.Transforms.LoadImages("Image", null, "ImagePath"));
    /// </code>
    /// </example>
    public static IDataView LoadImageFolder(this DataOperationsCatalog catalog, string path)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ImageFolder folder = ImageFolder.Scan(path);
        using (IChannel log = MlNetAccess.EnvironmentOf(catalog).Start("Load image folder"))
            folder.Report(log);
        return catalog.LoadFromEnumerable(folder.Files);
    }
}
