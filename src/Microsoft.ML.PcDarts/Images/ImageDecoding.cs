using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>
/// Decodes a data view's pictures on several threads. Each thread moves a cursor of its own over all rows and asks only for the pictures of
/// its rows, which ML.NET then decodes on that thread.
/// </summary>
internal sealed class ImageDecoding : IDisposable
{
    private const string Resized = "__PcDartsResized";
    private const string Pixels = "__PcDartsPixels";
    private const int ProgressStride = 256;
    private const int NamesToShow = 10;

    private readonly IDataView _input;
    private readonly RowIndex _index;
    private readonly PixelStore _store;
    private readonly ImageReadSettings _settings;
    private readonly DataViewSchema.Column _image;
    private readonly TransformerChain<ImagePixelExtractingTransformer> _preprocessing;
    private readonly int[] _target;
    private readonly Lock _failures = new();
    private readonly SortedDictionary<int, (string Reason, Exception? Cause)> _bad = [];
    private readonly SortedDictionary<int, string> _turned = [];
    private readonly PicturePaths _paths;
    private ExceptionDispatchInfo? _fault;
    private int _done;

    public ImageDecoding(IHostEnvironment env, IDataView input, RowIndex index, PixelStore store, ImageReadSettings settings)
    {
        _input = input;
        _index = index;
        _store = store;
        _settings = settings;
        _image = ImageTensorReader.Column(input, settings.ImageColumn);
        _paths = new PicturePaths(input, _image.Name);
        _preprocessing = ImagePreprocessing.Estimator(env, _image.Name, Resized, Pixels, settings.Width, settings.Height).Fit(input);
        _target = new int[index.Rows.Length];
        int next = 0;
        for (int row = 0; row < _target.Length; row++)
            _target[row] = index.Rows[row].Label < 0 ? -1 : next++;
        Bad = new bool[next];
    }

    /// <summary>Which of the labeled rows could not be read.</summary>
    public bool[] Bad { get; }

    /// <summary>Files of pictures that say of themselves to be turned or mirrored, by row.</summary>
    public IReadOnlyCollection<string> Turned => _turned.Values;

    /// <summary>Decodes everything into the store.</summary>
    /// <exception cref="ArgumentException">Pictures cannot be read and the settings say so to be an error; all were tried.</exception>
    /// <exception cref="InsufficientMemoryException">A picture does not fit the memory that is free.</exception>
    public void Run()
    {
        int threads = _settings.Threads > 0 ? _settings.Threads : Environment.ProcessorCount;
        threads = Math.Clamp(threads, 1, Math.Max(1, Bad.Length));
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, worker => RunWorker(worker, threads));
        _settings.Cancellation.ThrowIfCancellationRequested();
        _fault?.Throw();
        if (_settings.BadImages == BadImageHandling.Error && _bad.Count > 0)
        {
            throw new ArgumentException(
                $"{_bad.Count} of {Bad.Length} pictures cannot be read: {ListBad()}. "
                    + $"Replace or remove {(_bad.Count == 1 ? "it" : "them")}, "
                + $"or set BadImages to {nameof(BadImageHandling)}.{nameof(BadImageHandling.Skip)} to leave such pictures out.",
                "input",
                _bad.First().Value.Cause);
        }
        _settings.Progress?.Invoke(Bad.Length, Bad.Length);
    }

    /// <summary>The first few unreadable pictures, with their reasons, and how many more there are.</summary>
    public string ListBad()
        => string.Join("; ", _bad.Take(NamesToShow).Select(entry => $"row {entry.Key}{NameOf(entry.Key)} {entry.Value.Reason}"))
            + (_bad.Count > NamesToShow ? $"; and {_bad.Count - NamesToShow} more" : "");

    public void Dispose() => _preprocessing.Dispose();

    private void RunWorker(int worker, int workers)
    {
        try
        {
            Decode(worker, workers);
        }
        catch (OperationCanceledException) when (_settings.Cancellation.IsCancellationRequested)
        {
            // Run throws it once all workers have ended.
        }
        catch (Exception fault)
        {
            lock (_failures)
                _fault ??= ExceptionDispatchInfo.Capture(fault);
        }
    }

    private void Decode(int worker, int workers)
    {
        using DataViewRowCursor cursor = _input.GetRowCursor([_image, .. _paths.Columns]);
        Func<string?> pathOf = _paths.Reader(cursor);
        ValueGetter<MLImage?> getImage = cursor.GetGetter<MLImage?>(_image);
        ValueGetter<DataViewRowId> getId = cursor.GetIdGetter();
        using PixelExtractor extractor = new(_preprocessing, ImageRow.SchemaOf(_image.Name), _image.Name, Pixels);
        DataViewRowId id = default;
        MLImage? image = null;

        int row = 0;
        for (; cursor.MoveNext(); row++)
        {
            if (row >= _target.Length || row % workers != worker)
                continue;
            if (_fault is not null)
                return;
            _settings.Cancellation.ThrowIfCancellationRequested();
            getId(ref id);
            if (!id.Equals(_index.Rows[row].Id))
                throw UnstableOrder();
            if (_target[row] < 0)
                continue;
            Decode(row, pathOf(), getImage, ref image, extractor);
            ReportProgress();
        }
        if (row != _target.Length)
            throw UnstableOrder();
    }

    private void Decode(int row, string? path, ValueGetter<MLImage?> getImage, ref MLImage? image, PixelExtractor extractor)
    {
        if (!IsUsable(row, path, out PictureHeader? header))
            return;
        using DecodingMemory.Lease memory = header is null ? default : DecodingMemory.Shared.Enter(header, path!, _settings.Cancellation);
        if (header is not null && !PictureFile.IsWhole(path))
        {
            RecordBad(row, PictureFile.CutShort, null);
            return;
        }
        if (!TryDecode(row, path, getImage, ref image))
            return;
        if (!_paths.IsLoaded)
        {
            _store.Write(_target[row], extractor.Extract(image!));
            return;
        }
        // LoadImages made it for this row alone, so no copy is needed, and its memory is given back now.
        using MLImage own = image!;
        image = null;
        _store.Write(_target[row], extractor.Consume(own));
    }

    // What a file says of itself before ML.NET opens it. Where the rows do not tell the file, there is nothing to say.
    private bool IsUsable(int row, string? path, out PictureHeader? header)
    {
        header = null;
        if (path is null)
            return true;
        string? problem;
        try
        {
            header = PictureHeader.Read(path, _settings.MaximumPixels, out problem);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            RecordBad(row, PictureFile.ReasonOf(cause, path), cause);
            return false;
        }
        if (header is null)
        {
            RecordBad(row, problem!, null);
            return false;
        }
        if (header.IsTurned)
        {
            lock (_failures)
                _turned.Add(row, path);
        }
        return true;
    }

    private bool TryDecode(int row, string? path, ValueGetter<MLImage?> getImage, ref MLImage? image)
    {
        try
        {
            getImage(ref image);
        }
        catch (Exception cause) when (cause is not (OutOfMemoryException or OperationCanceledException))
        {
            // A getter can throw after disposing the value it was to replace.
            image = null;
            return RecordBad(row, PictureFile.ReasonOf(cause, path), cause);
        }
        if (image is null || image.Width <= 0 || image.Height <= 0)
            return RecordBad(row, "is missing", null);
        if (image.Width == 1 && image.Height == 1)
            return RecordBad(row, "is 1×1 pixels, which shows nothing", null);
        return path is not null || PictureFile.IsWhole(image.Tag) || RecordBad(row, PictureFile.CutShort, null);
    }

    private bool RecordBad(int row, string reason, Exception? cause)
    {
        lock (_failures)
        {
            _bad.Add(row, (reason, cause));
            Bad[_target[row]] = true;
        }
        return false;
    }

    private void ReportProgress()
    {
        int done = Interlocked.Increment(ref _done);
        if (done % ProgressStride == 0)
            _settings.Progress?.Invoke(done, Bad.Length);
    }

    // MLImage carries its path only once it is decoded, so for a failed one the row's text columns tell.
    private string NameOf(int row)
    {
        DataViewSchema.Column[] texts = [.. _input.Schema.Where(column => column.Type is TextDataViewType && !column.IsHidden)];
        using DataViewRowCursor cursor = _input.GetRowCursor(texts);
        ValueGetter<ReadOnlyMemory<char>>[] getters = Array.ConvertAll(texts, cursor.GetGetter<ReadOnlyMemory<char>>);
        for (int i = 0; i <= row; i++)
        {
            if (!cursor.MoveNext())
                return "";
        }
        List<string> paths = [];
        foreach (ValueGetter<ReadOnlyMemory<char>> getter in getters)
        {
            ReadOnlyMemory<char> value = default;
            getter(ref value);
            string text = value.ToString();
            if (PictureFile.HasPictureExtension(text) || File.Exists(text))
                paths.Add(text);
        }
        return paths.Count == 0 ? "" : $" ({string.Join(", ", paths)})";
    }

    private static InvalidOperationException UnstableOrder()
        => new("The data view gave its rows in another order, or another number of them, when it was read again. Make it repeatable, "
            + "for example with ml.Data.Cache.");
}
