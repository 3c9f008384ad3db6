using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Scoring;

namespace Microsoft.ML.PcDarts;

/// <summary>
/// Names the classes of many pictures at once with a saved model: pictures are decoded and prepared on all cores while others are scored,
/// and the network runs on batches.
/// </summary>
/// <remarks>
/// <para>It reads a model.zip that <c>mlContext.Model.Save</c> wrote, or a file of <see cref="PcDartsTransformer.SaveOnnx"/>, and gives the
/// probabilities that ML.NET gives with that model, to 1e-5. Pictures go through the steps that were saved with the model: those between
/// loading and the network, such as the resizing.</para>
/// <para>It needs neither libtorch nor a training pipeline. All methods may be called from several threads at the same time; one predictor
/// for a process is best, since its threads and its session are shared by all callers.</para>
/// </remarks>
/// <example>
/// <code> using var predictor = PcDartsPredictor.Load("model.zip"); string[] files = Directory.GetFiles("photos/new"); foreach (var (file,
/// prediction) in files.Zip(predictor.Predict(files))) Console.WriteLine($"{file}: {prediction.Label} {prediction.Probability:P0}");
/// </code>
/// </example>
public sealed partial class PcDartsPredictor : IDisposable
{
    private readonly SavedClassifier _classifier;
    private readonly ScoringSession _session;
    private readonly PictureScoring _scoring;
    private readonly Lazy<ActivationMaps> _maps;
    private volatile bool _disposed;

    private PcDartsPredictor(SavedClassifier classifier, ScoringSession session, ScoringSettings settings, Options options)
    {
        _classifier = classifier;
        _session = session;
        _scoring = new PictureScoring(classifier, session, options.BadImages, options.MaximumPixels);
        _maps = new Lazy<ActivationMaps>(() => new ActivationMaps(classifier, settings));
    }

    /// <summary>The classes in the order of <see cref="PcDartsPrediction.Probabilities"/>.</summary>
    public IReadOnlyList<string> ClassNames => Info.ClassNames;

    /// <summary>The model's description of itself: architecture, picture size, history.</summary>
    public PcDartsModelInfo Info => _classifier.Info;

    /// <summary>
    /// Pictures that the network now runs together: <see cref="Options.BatchSize"/>, or what is being measured or was chosen.
    /// </summary>
    public int BatchSize => _session.BatchSize.Next;

    /// <summary>Pictures skipped so far, over all calls; only with <see cref="BadImageHandling.Skip"/>.</summary>
    public long SkippedImages => _scoring.Skipped;

    /// <summary>Pictures scored so far, over all calls, whose files say by their EXIF orientation that they are to be shown turned or
    /// mirrored. They are scored as they are stored, as ML.NET reads them, so a network that learned from upright pictures names fewer of
    /// them rightly.</summary>
    public long TurnedImages => _scoring.Turned;

    /// <summary>Loads a model from a file.</summary>
    /// <param name="path">A model.zip saved by <c>mlContext.Model.Save</c>, or a file saved by <see cref="PcDartsTransformer.SaveOnnx"/>.
    /// Of several PC-DARTS models in one pipeline the last is used. The file is free again afterwards.</param>
    /// <param name="options">Batch size, threads, device, bad pictures; null for the defaults.</param>
    /// <returns>The predictor; dispose it.</returns>
    /// <exception cref="InvalidDataException">The file is cut short, damaged, has weights that are not finite, is larger than 1 GiB or
    /// unpacks to more (or has more than 10,000 entries), or holds no PC-DARTS model; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read, or the folder for temporary files, which ML.NET needs for a model.zip, cannot
    /// be used; TMPDIR names another.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or that folder not be written.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="InvalidOperationException">The GPU of the options cannot be used.</exception>
    public static PcDartsPredictor Load(string path, Options? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return Load(stream, $"'{path}'", options);
    }

    /// <summary>Loads a model from a stream, from its present position to its end.</summary>
    /// <param name="stream">The same content as the file's; it need not be seekable, and stays open.</param>
    /// <param name="options">Batch size, threads, device, bad pictures; null for the defaults.</param>
    /// <returns>The predictor; dispose it.</returns>
    /// <exception cref="InvalidDataException">The content is cut short, damaged, has weights that are not finite, is larger than 1 GiB or
    /// unpacks to more (or has more than 10,000 entries), or holds no PC-DARTS model.</exception>
    /// <exception cref="IOException">The stream cannot be read, or the folder for temporary files, which ML.NET needs for a model.zip,
    /// cannot be used; TMPDIR names another.</exception>
    /// <exception cref="UnauthorizedAccessException">That folder may not be written.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="InvalidOperationException">The GPU of the options cannot be used.</exception>
    public static PcDartsPredictor Load(Stream stream, Options? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Load(stream, "The stream", options);
    }

    /// <summary>Names the class of one picture file.</summary>
    /// <param name="path">A picture: JPEG, PNG, BMP, GIF or WebP.</param>
    /// <param name="cancellation">Stops before the picture is scored.</param>
    /// <returns>The prediction.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The picture is damaged, cut short, of an unknown format or larger than
    /// <see cref="Options.MaximumPixels"/>; the message names it. Or the network's numbers overflow on it, so that it gives no
    /// probabilities.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="InsufficientMemoryException">The picture does not fit the memory that is free.</exception>
    /// <exception cref="ObjectDisposedException">The predictor is disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public PcDartsPrediction Predict(string path, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Scoring.Run([path], _scoring.Decode, cancellation)[0];
    }

    /// <summary>Names the class of one picture in memory.</summary>
    /// <param name="image">Any size and pixel format; it is not disposed and must not be until the call returns.</param>
    /// <param name="cancellation">Stops before the picture is scored.</param>
    /// <returns>The prediction.</returns>
    /// <exception cref="InvalidDataException">The network's numbers overflow on it, so that it gives no probabilities.</exception>
    /// <exception cref="ObjectDisposedException">The predictor is disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public PcDartsPrediction Predict(MLImage image, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Scoring.Run([image], PictureScoring.Borrow, cancellation)[0];
    }

    /// <summary>Names the classes of picture files.</summary>
    /// <param name="paths">Pictures: JPEG, PNG, BMP, GIF or WebP. They are enumerated once, a little ahead of the scoring.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>One prediction for each path, in their order.</returns>
    /// <exception cref="FileNotFoundException">There is no such file; of several bad ones the first is named. Not with
    /// <see cref="BadImageHandling.Skip"/>.</exception>
    /// <exception cref="InvalidDataException">A picture is damaged, cut short, of an unknown format or larger than
    /// <see cref="Options.MaximumPixels"/>; the message names it. Not with <see cref="BadImageHandling.Skip"/>. Or the network's numbers
    /// overflow on one, so that it gives no probabilities.</exception>
    /// <exception cref="IOException">A file cannot be read. Not with <see cref="BadImageHandling.Skip"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read. Not with <see cref="BadImageHandling.Skip"/>.</exception>
    /// <exception cref="InsufficientMemoryException">A picture does not fit the memory that is free, though no other is being
    /// decoded.</exception>
    /// <exception cref="ObjectDisposedException">The predictor is disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<PcDartsPrediction> Predict(IEnumerable<string> paths, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return Scoring.Run(paths, _scoring.Decode, cancellation);
    }

    /// <summary>Names the classes of pictures in memory.</summary>
    /// <param name="images">Any sizes and pixel formats, none of them null. They are enumerated once, a little ahead of the scoring; they
    /// are not disposed and must not be until the call returns.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>One prediction for each picture, in their order.</returns>
    /// <exception cref="ArgumentException">A picture is null.</exception>
    /// <exception cref="InvalidDataException">The network's numbers overflow on one, so that it gives no probabilities.</exception>
    /// <exception cref="ObjectDisposedException">The predictor is disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<PcDartsPrediction> Predict(IEnumerable<MLImage> images, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return Scoring.Run(images, PictureScoring.Borrow, cancellation);
    }

    /// <summary>Names the class of one picture and maps which places speak for it, or for another class.</summary>
    /// <param name="image">Any size and pixel format; it is not disposed.</param>
    /// <param name="label">One of <see cref="ClassNames"/>; null for the likeliest class.</param>
    /// <returns>The prediction and the map.</returns>
    /// <exception cref="ArgumentException">There is no such class.</exception>
    /// <exception cref="InvalidDataException">The model is an ONNX file of another form than this library writes, or the network's numbers
    /// overflow on the picture.</exception>
    /// <exception cref="ObjectDisposedException">The predictor is disposed.</exception>
    public PcDartsHeatMap Explain(MLImage image, string? label = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ObjectDisposedException.ThrowIf(_disposed, this);
        int? index = label is null
            ? null
            : ClassNames.Index().Where(entry => entry.Item == label).Select(entry => (int?)entry.Index).FirstOrDefault()
            ?? throw new ArgumentException($"The model knows no class '{label}'; it knows {string.Join(", ", ClassNames)}.", nameof(label));
        (PcDartsPrediction prediction, int shown, float[] plane, int height, int width) = _maps.Value.Run(image, index);
        return new PcDartsHeatMap(prediction, ClassNames[shown], plane, height, width);
    }

    /// <summary>Waits for the batches that are being scored and closes the session; calls that are under way end with
    /// <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _disposed = true;
        _session.Dispose();
        _scoring.Dispose();
        if (_maps.IsValueCreated)
            _maps.Value.Dispose();
        _classifier.Dispose();
    }

    private PictureScoring Scoring
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _scoring;
        }
    }
}
