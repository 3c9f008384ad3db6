using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.MlNet;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>
/// Tells which file a row's picture will be read from, so that it can be judged before ML.NET opens it. Where ML.NET's LoadImages made
/// the image column, its folder and its column of names are known;
/// else every column of text is looked at.
/// </summary>
internal sealed class PicturePaths
{
    private readonly string? _folder;

    /// <param name="input">The rows.</param>
    /// <param name="image">Name of the image column.</param>
    public PicturePaths(IDataView input, string image)
    {
        ImageLoadingTransformer? loader = MlNetAccess.LoaderOf(input, image);
        _folder = string.IsNullOrWhiteSpace(loader?.ImageFolder) ? null : loader.ImageFolder;
        DataViewSchema.Column[] texts = [.. input.Schema.Where(column => column.Type is TextDataViewType && !column.IsHidden)];
        string? source = loader is null ? null : MlNetAccess.ColumnPairs(loader).First(pair => pair.Output == image).Input;
        IsLoaded = source is not null && texts.Any(column => column.Name == source);
        Columns = IsLoaded ? [input.Schema[source!]] : texts;
    }

    /// <summary>Whether LoadImages makes each picture from the file of <see cref="Columns"/>, for whoever asks for it.</summary>
    public bool IsLoaded { get; }

    /// <summary>Columns that a cursor must have active.</summary>
    public IReadOnlyList<DataViewSchema.Column> Columns { get; }

    /// <summary>Gives the file of the row that a cursor is at; null where none can be told.</summary>
    public Func<string?> Reader(DataViewRow row)
    {
        ValueGetter<ReadOnlyMemory<char>>[] getters = [.. Columns.Select(row.GetGetter<ReadOnlyMemory<char>>)];
        ReadOnlyMemory<char> value = default;
        return () =>
        {
            foreach (ValueGetter<ReadOnlyMemory<char>> getter in getters)
            {
                getter(ref value);
                if (value.IsEmpty)
                    continue;
                string path = _folder is null ? value.ToString() : Path.Combine(_folder, value.ToString());
                if (IsLoaded || PictureFile.HasPictureExtension(path) && File.Exists(path))
                    return path;
            }
            return null;
        };
    }
}
