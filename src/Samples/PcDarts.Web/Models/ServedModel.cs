using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

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

    /// <summary>What the model says of itself.</summary>
    public ModelDescription Description { get; }

    /// <summary>SHA-256 of the file, in lower-case hexadecimal.</summary>
    public string Sha256 { get; }

    /// <summary>The first digits of <see cref="Sha256"/>, by which answers name the model.</summary>
    public string Id => Sha256[..12];

    /// <summary>Size of the file.</summary>
    public int Bytes { get; }

    public DateTimeOffset LoadedAt { get; } = DateTimeOffset.UtcNow;

    /// <summary>Loads a model and answers for one grey picture with it, so that one that cannot is refused here.</summary>
    /// <param name="zip">The whole file.</param>
    /// <param name="path">What the messages call it.</param>
    /// <exception cref="InvalidDataException">It is cut short, damaged, or no model of the PC-DARTS trainer.</exception>
    public static ServedModel Load(byte[] zip, string path)
    {
        ServedModel? model = null;
        try
        {
            model = new ServedModel(zip);
            if (model._classifier.Classes != model.Description.ClassNames.Count)
                throw new InvalidDataException($"it has {model._classifier.Classes} classes and {model.Description.ClassNames.Count} class names");
            using MLImage grey = MLImage.CreateFromPixels(2, 2, MLPixelFormat.Bgra32, new byte[2 * 2 * 4]);
            model.Probabilities(grey);
            return model;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            model?.Dispose();
            throw new InvalidDataException($"'{path}' is not a complete PC-DARTS model: {exception.GetBaseException().Message.TrimEnd('.')}. Save it again with mlContext.Model.Save, or take the model.zip of 'fit' or 'demo'.", exception);
        }
    }

    public static string Hash(byte[] zip) => Convert.ToHexStringLower(SHA256.HashData(zip));

    /// <summary>The classes' probabilities for a picture; any number of threads may call.</summary>
    /// <param name="picture">Any size; ML.NET may dispose it.</param>
    /// <exception cref="ObjectDisposedException">The model is closed.</exception>
    public float[] Probabilities(MLImage picture)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (!_workspaces.TryTake(out Workspace? workspace))
            workspace = new Workspace(_steps.Reader(_pixels), new byte[_shape.Aggregate(1L, (product, size) => product * size)], new float[_classifier.Features]);
        workspace.Reader.Read(picture, workspace.Pixels);
        using (OrtValue input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, workspace.Pixels.AsMemory(), _shape))
        using (OrtValue output = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, workspace.Features.AsMemory(), [1, workspace.Features.Length]))
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
