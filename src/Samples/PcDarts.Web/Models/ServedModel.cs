using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.PcDarts.Platform;

namespace PcDarts.Web.Models;

/// <summary>A model.zip ready to answer: one ONNX Runtime session for all threads, and around it the steps that ML.NET saved.</summary>
internal sealed class ServedModel : IDisposable
{
    private readonly SavedSteps _steps;
    private readonly SoftmaxClassifier _classifier;
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly ConcurrentBag<Workspace> _workspaces = [];
    private readonly string _pixels;
    private readonly string _features;
    private readonly long[] _shape;
    private volatile bool _closed;

    private ServedModel(byte[] zip)
    {
        // Requests run next to each other, one thread each: no thread waits for another inside a picture.
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        _session = new InferenceSession(NetworkFile.Read(zip), options);
        try
        {
            (_pixels, NodeMetadata input) = _session.InputMetadata.Single();
            _features = _session.OutputNames.Single();
            _shape = [1, .. input.Dimensions[1..].Select(size => (long)size)];
            Description = ModelDescription.Read(_session.ModelMetadata.CustomMetadataMap);
            _steps = SavedSteps.Load(zip, _pixels, _features);
        }
        catch
        {
            _session.Dispose();
            throw;
        }
        _classifier = new SoftmaxClassifier(_steps.Classifier);
        Sha256 = Hash(zip);
        Bytes = zip.Length;
    }

    /// <summary>The model's description of itself.</summary>
    public ModelDescription Description { get; }

    /// <summary>SHA-256 of the file, in lower-case hexadecimal.</summary>
    public string Sha256 { get; }

    /// <summary>The first digits of <see cref="Sha256"/>, by which answers name the model.</summary>
    public string Id => Sha256[..12];

    /// <summary>Size of the file.</summary>
    public int Bytes { get; }

    public DateTimeOffset LoadedAt { get; } = DateTimeOffset.UtcNow;

    /// <summary>Loads a model and answers for one gray picture with it, so that one that cannot is refused here.</summary>
    /// <param name="zip">The whole file.</param>
    /// <param name="maxBytes">Most bytes that it may unpack to.</param>
    /// <exception cref="InvalidDataException">It is cut short, damaged, too large, or no model of the PC-DARTS trainer.</exception>
    /// <exception cref="IOException">The folder for temporary files cannot be used.</exception>
    public static ServedModel Load(byte[] zip, long maxBytes)
    {
        ServedModel? model = null;
        try
        {
            if (!zip.AsSpan().StartsWith("PK"u8))
                throw new InvalidDataException("it is no zip");
            ArchiveLimits.Check(new MemoryStream(zip, writable: false), maxBytes);
            model = new ServedModel(zip);
            if (model._classifier.Classes != model.Description.ClassNames.Count)
                throw new InvalidDataException($"it has {model._classifier.Classes} classes and {model.Description.ClassNames.Count} class "
                    + "names");
            using MLImage gray = MLImage.CreateFromPixels(2, 2, MLPixelFormat.Bgra32, new byte[2 * 2 * 4]);
            if (!AreProbabilities(model.Probabilities(gray)))
                throw new InvalidDataException("its answer for a gray picture is not made of finite numbers that sum to 1; "
                    + "its weights are damaged");
            return model;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            model?.Dispose();
            // ML.NET unpacks the network into a file.
            if (FaultOfTheMachine(exception) is { } fault)
                throw new IOException("ML.NET cannot unpack it into the folder for temporary files, "
                    + $"'{Path.GetTempPath()}': {fault.Message.TrimEnd('.')}. Make room there, or name another folder with the environment "
                    + "variable TMPDIR.", exception);
            throw new InvalidDataException($"{exception.GetBaseException().Message.TrimEnd('.')}. Save it again with mlContext.Model.Save, "
                + "or take the model.zip of 'fit' or 'demo'.", exception);
        }
    }

    // The whole file is in memory: what cannot be read or written is a file that ML.NET makes. A stream that ends too early is damage.
    private static Exception? FaultOfTheMachine(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is UnauthorizedAccessException or (IOException and not EndOfStreamException))
                return cause;
        }
        return null;
    }

    /// <summary>Whether numbers are what a classifier may answer: finite, not negative, and 1 together.</summary>
    public static bool AreProbabilities(float[] values) => values.All(value => value >= 0) && Math.Abs(values.Sum() - 1) <= 1e-3;

    public static string Hash(byte[] zip) => Convert.ToHexStringLower(SHA256.HashData(zip));

    /// <summary>The classes' probabilities for a picture; any number of threads may call.</summary>
    /// <param name="picture">Any size; ML.NET may dispose it.</param>
    /// <exception cref="ObjectDisposedException">The model is closed.</exception>
    public float[] Probabilities(MLImage picture)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (!_workspaces.TryTake(out Workspace? workspace))
            workspace = new Workspace(_steps.Reader(_pixels), new byte[_shape.Aggregate(1L, (product, size) => product * size)],
                new float[_classifier.Features]);
        workspace.Reader.Read(picture, workspace.Pixels);
        using (OrtValue input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, workspace.Pixels.AsMemory(), _shape))
        using (OrtValue output = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, workspace.Features.AsMemory(),
            [1, workspace.Features.Length]))
            _session.Run(_runOptions, [_pixels], [input], [_features], [output]);
        float[] probabilities = _classifier.Probabilities(workspace.Features);
        _workspaces.Add(workspace);
        return probabilities;
    }

    public void Dispose()
    {
        _closed = true;
        foreach (Workspace workspace in _workspaces)
            workspace.Reader.Dispose();
        _session.Dispose();
        _runOptions.Dispose();
        _steps.Dispose();
    }

    private sealed record Workspace(PixelReader Reader, byte[] Pixels, float[] Features);
}
